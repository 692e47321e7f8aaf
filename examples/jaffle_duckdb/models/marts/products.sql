with products as (

    select * from {{ ref('stg_products') }}

),

sales as (

    select
        sku,
        sum(quantity) as units_sold,
        sum(item_revenue) as revenue,
        sum(item_revenue - item_cost) as margin
    from {{ ref('order_items') }}
    where order_status = 'completed'
    group by sku

)

select
    products.sku,
    products.product_name,
    products.product_category,
    products.unit_price,
    coalesce(sales.units_sold, 0) as units_sold,
    coalesce(sales.revenue, 0) as revenue,
    coalesce(sales.margin, 0) as margin
from products
left join sales on products.sku = sales.sku
