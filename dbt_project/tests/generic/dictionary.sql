-- What holds of every dictionary: a value as it was written, a status of the list, why, and by which rules. One test a
-- dictionary, for one of each column would take longer to start than to look.
{% test dictionary(model) %}

    select raw, status, reason, rule_version
    from {{ model }}
    where
        raw is null
        or coalesce(status, '') not in ('valid', 'invalid', 'ambiguous', 'damaged', 'placeholder', 'missing')
        or reason is null
        or rule_version is null

{% endtest %}
