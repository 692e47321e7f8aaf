{#- Money arrives in whole cents; marts speak dollars with two decimals. -#}
{% macro cents_to_dollars(column) -%}
    cast({{ column }} / 100.0 as decimal(12, 2))
{%- endmacro %}
