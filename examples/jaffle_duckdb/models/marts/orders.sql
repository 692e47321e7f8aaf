with orders as (

    select * from {{ ref('stg_orders') }}

),

totals as (

    select * from {{ ref('int_order_totals') }}

),

payments as (

    select * from {{ ref('int_order_payments') }}

)

select
    orders.order_id,
    orders.customer_id,
    orders.store_id,
    orders.order_status,
    orders.ordered_at,
    coalesce(totals.item_count, 0) as item_count,
    coalesce(totals.order_total, 0) as order_total,
    coalesce(totals.order_cost, 0) as order_cost,
    coalesce(payments.amount_paid, 0) as amount_paid
from orders
left join totals on orders.order_id = totals.order_id
left join payments on orders.order_id = payments.order_id
