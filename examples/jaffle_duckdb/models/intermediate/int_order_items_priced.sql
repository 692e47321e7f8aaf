-- Ephemeral: two models share this join, and nobody queries it by itself.
{{ config(materialized='ephemeral') }}

with items as (

    select * from {{ ref('stg_order_items') }}

),

products as (

    select * from {{ ref('stg_products') }}

)

select
    items.order_item_id,
    items.order_id,
    items.sku,
    products.product_name,
    products.product_category,
    items.quantity,
    items.quantity * products.unit_price as item_revenue,
    items.quantity * products.unit_cost as item_cost
from items
inner join products on items.sku = products.sku
