-- Payments never change once they are loaded, so each run appends only what has arrived since;
-- the key makes a file that is delivered twice harmless.
{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='payment_id',
        on_schema_change='append_new_columns'
    )
}}

with payments as (

    select * from {{ ref('stg_payments') }}
    where payment_status = 'succeeded'

)

select
    payment_id,
    order_id,
    payment_method,
    case payment_kind when 'refund' then -amount else amount end as amount,
    created_at,
    loaded_at
from payments
{% if is_incremental() %}
    -- `>=`: the rows of one delivery share their loaded_at, and may arrive in two parts
    where loaded_at >= (select coalesce(max(loaded_at), '1970-01-01') from {{ this }})
{% endif %}
