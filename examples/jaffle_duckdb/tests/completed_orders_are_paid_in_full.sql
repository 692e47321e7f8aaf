-- A completed order whose payments don't add up to its total: money is missing, or counted twice.
select
    order_id,
    order_total,
    amount_paid
from {{ ref('orders') }}
where
    order_status = 'completed'
    and order_total <> amount_paid
