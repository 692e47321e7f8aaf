with payments as (

    select * from {{ ref('stg_payments') }}
    where payment_status = 'succeeded'

)

select
    order_id,
    coalesce(sum(amount) filter (where payment_kind = 'charge'), 0) as amount_charged,
    coalesce(sum(amount) filter (where payment_kind = 'refund'), 0) as amount_refunded,
    amount_charged - amount_refunded as amount_paid
from payments
group by order_id
