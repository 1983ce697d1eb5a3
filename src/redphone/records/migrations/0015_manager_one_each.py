"""One emergency each: nobody is the incident manager of two, unless it was said why."""

from __future__ import annotations

from django.db import migrations, models

# Whoever has two by now keeps both: all but the oldest count as the ones that were explained.
KEEP_BOTH = """
    update incident i set manages_beside = true
    where i.status = 'open' and i.manager_id is not null and exists (
        select 1 from incident o
        where o.status = 'open' and o.manager_id = i.manager_id and o.number < i.number
    )
"""


class Migration(migrations.Migration):
    dependencies = [("records", "0014_feeds_and_imports")]

    operations = [
        migrations.AddField(
            model_name="incidentrow",
            name="manages_beside",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.RunSQL(KEEP_BOTH, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="incidentrow",
            constraint=models.UniqueConstraint(
                condition=models.Q(status="open", priority=1, manages_beside=False),
                fields=("manager",),
                name="incident_manager_one_each",
            ),
        ),
    ]
