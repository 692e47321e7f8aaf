with customers as (

    select * from {{ ref('stg_customers') }}

),

history as (

    select
        customer_id,
        count(*) as order_count,
        min(ordered_at) as first_ordered_at,
        max(ordered_at) as last_ordered_at,
        sum(amount_paid) as lifetime_value
    from {{ ref('orders') }}
    where order_status <> 'cancelled'
    group by customer_id

)

select
    customers.customer_id,
    customers.customer_name,
    customers.email,
    customers.signed_up_on,
    history.first_ordered_at,
    history.last_ordered_at,
    coalesce(history.order_count, 0) as order_count,
    cast(coalesce(history.lifetime_value, 0) as decimal(12, 2)) as lifetime_value
from customers
left join history on customers.customer_id = history.customer_id
