with source as (

    select * from {{ ref('raw_products') }}

)

select
    sku,
    name as product_name,
    category as product_category,
    {{ cents_to_dollars('price_cents') }} as unit_price,
    {{ cents_to_dollars('cost_cents') }} as unit_cost
from source
