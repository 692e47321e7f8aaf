"""The jobs file: text, then positions, then the schema, then a Config, or every problem at once."""
