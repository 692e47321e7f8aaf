with source as (

    select * from {{ ref('raw_orders') }}

)

select
    id as order_id,
    customer_id,
    store_id,
    status as order_status,
    ordered_at,
    updated_at
from source
