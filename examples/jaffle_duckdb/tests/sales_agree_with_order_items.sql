-- Revenue by store and day must add up to the revenue of the items it is made of.
with by_day as (

    select sum(gross_revenue) as revenue
    from {{ ref('store_daily_sales') }}

),

by_item as (

    select sum(item_revenue) as revenue
    from {{ ref('order_items') }}
    where order_status = 'completed'

)

select
    by_day.revenue as revenue_by_day,
    by_item.revenue as revenue_by_item
from by_day
cross join by_item
where by_day.revenue is distinct from by_item.revenue
