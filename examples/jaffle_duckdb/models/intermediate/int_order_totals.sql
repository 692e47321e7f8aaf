with items as (

    select * from {{ ref('int_order_items_priced') }}

)

select
    order_id,
    count(*) as item_count,
    sum(item_revenue) as order_total,
    sum(item_cost) as order_cost
from items
group by order_id
