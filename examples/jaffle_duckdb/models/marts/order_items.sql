with items as (

    select * from {{ ref('int_order_items_priced') }}

),

orders as (

    select * from {{ ref('stg_orders') }}

)

select
    items.order_item_id,
    items.order_id,
    orders.store_id,
    orders.order_status,
    orders.ordered_at,
    items.sku,
    items.product_name,
    items.product_category,
    items.quantity,
    items.item_revenue,
    items.item_cost
from items
inner join orders on items.order_id = orders.order_id
