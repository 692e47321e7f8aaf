with sales as (

    select
        store_id,
        cast(ordered_at as date) as sold_on,
        count(*) as order_count,
        sum(order_total) as gross_revenue,
        sum(order_total - order_cost) as gross_margin
    from {{ ref('orders') }}
    where order_status = 'completed'
    group by store_id, sold_on

),

stores as (

    select * from {{ ref('stg_stores') }}

)

select
    sales.sold_on,
    sales.store_id,
    stores.store_name,
    stores.city,
    sales.order_count,
    sales.gross_revenue,
    sales.gross_margin
from sales
inner join stores on sales.store_id = stores.store_id
