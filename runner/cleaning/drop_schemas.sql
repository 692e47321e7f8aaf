{#- Each schema by dbt itself, so that every adapter can. It says where it is by numbers alone: the
    token ends what others print, and a name is never read back. -#}
{% macro dbt_gitops_drop_schemas(token, schemas) %}
  {% for each in schemas if execute %}
    {% do print(token ~ ' trying ' ~ each.number) %}
    {% set database = each.database or target.database %}
    {% if adapter.check_schema_exists(database, each.schema) %}
      {% do adapter.drop_schema(api.Relation.create(database=database, schema=each.schema)) %}
      {% do print(token ~ ' dropped ' ~ each.number) %}
    {% else %}
      {% do print(token ~ ' gone ' ~ each.number) %}
    {% endif %}
  {% endfor %}
{% endmacro %}
