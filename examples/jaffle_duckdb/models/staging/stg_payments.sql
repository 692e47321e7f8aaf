with source as (

    select * from {{ source('payment_provider', 'payments') }}

)

select
    cast(id as integer) as payment_id,
    cast(order_id as integer) as order_id,
    method as payment_method,
    kind as payment_kind,
    status as payment_status,
    {{ cents_to_dollars('amount_cents') }} as amount,
    cast(created_at as timestamp) as created_at,
    cast(loaded_at as timestamp) as loaded_at
from source
