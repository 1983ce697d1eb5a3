import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("name", models.TextField(primary_key=True, serialize=False)),
                ("kind", models.TextField()),
                ("at", models.DateTimeField()),
                ("detail", models.JSONField(blank=True, default=dict)),
            ],
            options={
                "db_table": "heartbeat",
            },
        ),
        migrations.CreateModel(
            name="Person",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("password", models.CharField(max_length=128, verbose_name="password")),
                (
                    "last_login",
                    models.DateTimeField(blank=True, null=True, verbose_name="last login"),
                ),
                (
                    "is_superuser",
                    models.BooleanField(
                        default=False,
                        help_text="Designates that this user has all permissions without explicitly assigning them.",
                        verbose_name="superuser status",
                    ),
                ),
                (
                    "email",
                    models.EmailField(max_length=254, unique=True, verbose_name="e-mail address"),
                ),
                ("name", models.TextField()),
                (
                    "role",
                    models.TextField(
                        choices=[
                            ("customer", "Customer"),
                            ("responder", "Responder"),
                            ("incident_manager", "Incident manager"),
                            ("support_manager", "Support manager"),
                            ("executive", "Executive"),
                            ("admin", "Admin"),
                        ],
                        default="responder",
                    ),
                ),
                ("is_senior", models.BooleanField(default=False)),
                ("phone", models.TextField(blank=True, default="")),
                ("time_zone", models.TextField(default="UTC")),
                ("is_active", models.BooleanField(default=True)),
                ("is_staff", models.BooleanField(default=False)),
                (
                    "groups",
                    models.ManyToManyField(
                        blank=True,
                        help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.group",
                        verbose_name="groups",
                    ),
                ),
                (
                    "user_permissions",
                    models.ManyToManyField(
                        blank=True,
                        help_text="Specific permissions for this user.",
                        related_name="user_set",
                        related_query_name="user",
                        to="auth.permission",
                        verbose_name="user permissions",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "people",
                "db_table": "person",
            },
        ),
        migrations.CreateModel(
            name="Alarm",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.TextField()),
                ("raised_at", models.DateTimeField()),
                ("cleared_at", models.DateTimeField(blank=True, null=True)),
                ("message", models.TextField()),
                ("detail", models.JSONField(blank=True, default=dict)),
            ],
            options={
                "db_table": "alarm",
                "indexes": [models.Index(fields=["-raised_at"], name="alarm_by_raising")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("cleared_at__isnull", True)),
                        fields=("key",),
                        name="alarm_open_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("root", models.BinaryField()),
                ("entries", models.BigIntegerField()),
                ("signature", models.BinaryField()),
            ],
            options={
                "db_table": "checkpoint",
                "indexes": [models.Index(fields=["-at"], name="checkpoint_by_time")],
            },
        ),
        migrations.CreateModel(
            name="Component",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.TextField()),
                ("slug", models.SlugField(db_index=False, max_length=80)),
                ("description", models.TextField(blank=True, default="")),
                ("position", models.SmallIntegerField(default=0)),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("operational", "Operational"),
                            ("degraded", "Degraded"),
                            ("partial_outage", "Partial outage"),
                            ("major_outage", "Major outage"),
                            ("maintenance", "Maintenance"),
                        ],
                        default="operational",
                    ),
                ),
            ],
            options={
                "db_table": "component",
                "ordering": ["position", "name"],
                "constraints": [
                    models.UniqueConstraint(fields=("slug",), name="component_slug_unique"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "operational",
                                    "degraded",
                                    "partial_outage",
                                    "major_outage",
                                    "maintenance",
                                ],
                            )
                        ),
                        name="component_state_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Customer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.TextField()),
                ("slug", models.SlugField(db_index=False, max_length=80)),
                ("plan", models.TextField(choices=[("enterprise", "Enterprise"), ("pro", "Pro")])),
                ("time_zone", models.TextField(default="UTC")),
                ("created_at", models.DateTimeField()),
                (
                    "account_manager",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="accounts",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "customer",
            },
        ),
        migrations.CreateModel(
            name="Contact",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.TextField()),
                ("email", models.EmailField(blank=True, default="", max_length=254)),
                ("phone", models.TextField(blank=True, default="")),
                ("verified_at", models.DateTimeField(blank=True, null=True)),
                ("security", models.BooleanField(default=False)),
                ("unreachable_at", models.DateTimeField(blank=True, null=True)),
                ("unreachable_why", models.TextField(blank=True, default="")),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="contacts",
                        to="records.customer",
                    ),
                ),
            ],
            options={
                "db_table": "contact",
            },
        ),
        migrations.AddField(
            model_name="person",
            name="customer",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="people",
                to="records.customer",
            ),
        ),
        migrations.CreateModel(
            name="DeadlineRow",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("stream", models.TextField()),
                ("key", models.TextField()),
                ("kind", models.TextField()),
                ("lane", models.TextField(blank=True, default="")),
                ("started_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("warn_at", models.DateTimeField(blank=True, null=True)),
                ("next_at", models.DateTimeField(blank=True, null=True)),
                ("clause", models.TextField(blank=True, default="")),
                (
                    "strength",
                    models.TextField(choices=[("promise", "Promise"), ("target", "Target")]),
                ),
                ("claims", models.JSONField(default=list)),
                ("explanation", models.JSONField(default=dict)),
                (
                    "outcome",
                    models.TextField(
                        choices=[
                            ("running", "Running"),
                            ("kept", "Kept"),
                            ("missed", "Missed"),
                            ("dropped", "Dropped"),
                        ],
                        default="running",
                    ),
                ),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "db_table": "deadline",
                "indexes": [
                    models.Index(
                        condition=models.Q(("outcome", "running")),
                        fields=["next_at"],
                        name="deadline_running_by_next",
                    ),
                    models.Index(
                        condition=models.Q(("ended_at__isnull", False)),
                        fields=["ended_at"],
                        name="deadline_ended_by_time",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("stream", "key"), name="deadline_stream_key_unique"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("outcome__in", ["running", "kept", "missed", "dropped"])
                        ),
                        name="deadline_outcome_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("strength__in", ["promise", "target"])),
                        name="deadline_strength_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome", "running"), _negated=True),
                            ("ended_at__isnull", True),
                            _connector="OR",
                        ),
                        name="deadline_running_has_no_end",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("key", models.TextField()),
                ("stream", models.TextField()),
                ("seq", models.IntegerField()),
                ("purpose", models.TextField()),
                ("channel", models.TextField(default="mail")),
                ("address", models.TextField()),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("pending", "Waiting to be sent"),
                            ("sending", "Being sent"),
                            ("sent", "Sent"),
                            ("delivered", "Delivered"),
                            ("failed", "Failed"),
                            ("stale", "No longer true when its turn came"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="pending",
                    ),
                ),
                ("priority", models.SmallIntegerField(default=5)),
                ("tries", models.SmallIntegerField(default=0)),
                ("most_tries", models.SmallIntegerField(default=5)),
                ("next_try_at", models.DateTimeField()),
                ("deadline_at", models.DateTimeField(blank=True, null=True)),
                ("sending_since", models.DateTimeField(blank=True, null=True)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("message_id", models.TextField(blank=True, default="")),
                ("provider_id", models.TextField(blank=True, default="")),
                ("error", models.TextField(blank=True, default="")),
                ("payload", models.JSONField(default=dict)),
                ("answered_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField()),
                (
                    "contact",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="deliveries",
                        to="records.contact",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "deliveries",
                "db_table": "delivery",
            },
        ),
        migrations.CreateModel(
            name="PolicyVersion",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.TextField()),
                ("name", models.TextField()),
                ("version", models.TextField()),
                ("text", models.TextField()),
                ("loaded_at", models.DateTimeField()),
                ("is_current", models.BooleanField(default=False)),
            ],
            options={
                "db_table": "policy_version",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("digest",), name="policy_version_digest_unique"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("is_current", True)),
                        fields=("is_current",),
                        name="policy_version_one_current",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="IncidentRow",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                ("head", models.IntegerField(default=0)),
                ("head_hash", models.BinaryField(default=bytes)),
                ("state", models.JSONField()),
                ("title", models.TextField()),
                (
                    "status",
                    models.TextField(
                        choices=[
                            ("open", "Open"),
                            ("resolved", "Resolved"),
                            ("closed", "Closed"),
                            ("declined", "Declined"),
                        ],
                        default="open",
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                ("resolved_at", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("declined_at", models.DateTimeField(blank=True, null=True)),
                ("next_due_at", models.DateTimeField(blank=True, null=True)),
                ("next_due_kind", models.TextField(blank=True, null=True)),
                ("next_due_clause", models.TextField(blank=True, null=True)),
                (
                    "ref",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.functions.text.Concat(
                            models.Value("INC-"),
                            django.db.models.functions.comparison.Cast(
                                "number", models.TextField()
                            ),
                            output_field=models.TextField(),
                        ),
                        output_field=models.TextField(),
                    ),
                ),
                ("priority", models.SmallIntegerField(default=1)),
                (
                    "types",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), default=list, size=None
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("engaged_at", models.DateTimeField(blank=True, null=True)),
                ("join_key", models.TextField(blank=True, null=True)),
                ("is_public", models.BooleanField(default=False)),
                ("public_title", models.TextField(blank=True, default="")),
                (
                    "manager",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="managed_incidents",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "policy",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="records.policyversion",
                    ),
                ),
            ],
            options={
                "verbose_name": "incident",
                "db_table": "incident",
            },
        ),
        migrations.CreateModel(
            name="Report",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("channel", models.TextField()),
                ("received_at", models.DateTimeField()),
                ("raw", models.BinaryField()),
                ("content_type", models.TextField(default="application/octet-stream")),
                ("idempotency_scope", models.TextField(blank=True, default="")),
                ("idempotency_key", models.TextField(blank=True, null=True)),
                ("off_channel", models.BooleanField(default=False)),
                ("description", models.TextField(blank=True, default="")),
                ("contact", models.TextField(blank=True, default="")),
                ("fields", models.JSONField(blank=True, default=dict)),
                ("join_key", models.TextField(blank=True, null=True)),
                ("case_ref", models.TextField(blank=True, null=True)),
                ("opened_at", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.IntegerField(default=0)),
                ("last_error", models.TextField(blank=True, default="")),
                ("next_try_at", models.DateTimeField(blank=True, null=True)),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="records.customer",
                    ),
                ),
                (
                    "sender",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "report",
            },
        ),
        migrations.CreateModel(
            name="CaseRow",
            fields=[
                ("number", models.BigAutoField(primary_key=True, serialize=False)),
                ("head", models.IntegerField(default=0)),
                ("head_hash", models.BinaryField(default=bytes)),
                ("state", models.JSONField()),
                ("title", models.TextField()),
                (
                    "status",
                    models.TextField(
                        choices=[
                            ("open", "Open"),
                            ("resolved", "Resolved"),
                            ("closed", "Closed"),
                            ("declined", "Declined"),
                        ],
                        default="open",
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("changed_at", models.DateTimeField()),
                ("resolved_at", models.DateTimeField(blank=True, null=True)),
                ("closed_at", models.DateTimeField(blank=True, null=True)),
                ("declined_at", models.DateTimeField(blank=True, null=True)),
                ("next_due_at", models.DateTimeField(blank=True, null=True)),
                ("next_due_kind", models.TextField(blank=True, null=True)),
                ("next_due_clause", models.TextField(blank=True, null=True)),
                (
                    "ref",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.functions.text.Concat(
                            models.Value("RP-"),
                            django.db.models.functions.comparison.Cast(
                                "number", models.TextField()
                            ),
                            output_field=models.TextField(),
                        ),
                        output_field=models.TextField(),
                    ),
                ),
                (
                    "plan",
                    models.TextField(
                        blank=True,
                        choices=[("enterprise", "Enterprise"), ("pro", "Pro")],
                        null=True,
                    ),
                ),
                ("channel", models.TextField()),
                ("off_channel", models.BooleanField(default=False)),
                ("issue_type", models.TextField()),
                ("urgent", models.BooleanField(default=True)),
                ("first_response_at", models.DateTimeField(blank=True, null=True)),
                (
                    "reporter",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cases",
                        to="records.customer",
                    ),
                ),
                (
                    "incident",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cases",
                        to="records.incidentrow",
                    ),
                ),
                (
                    "policy",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="records.policyversion",
                    ),
                ),
                (
                    "report",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="case",
                        to="records.report",
                    ),
                ),
            ],
            options={
                "verbose_name": "case",
                "db_table": "case",
            },
        ),
        migrations.CreateModel(
            name="Team",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.TextField()),
                ("slug", models.SlugField(db_index=False, max_length=80)),
                ("time_zone", models.TextField(default="UTC")),
            ],
            options={
                "db_table": "team",
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(fields=("name",), name="team_name_unique"),
                    models.UniqueConstraint(fields=("slug",), name="team_slug_unique"),
                ],
            },
        ),
        migrations.CreateModel(
            name="RotaShift",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("weekday", models.SmallIntegerField()),
                ("starts", models.TimeField()),
                ("ends", models.TimeField()),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="shifts",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="shifts",
                        to="records.team",
                    ),
                ),
            ],
            options={
                "db_table": "rota_shift",
                "ordering": ["team", "weekday", "starts", "id"],
            },
        ),
        migrations.CreateModel(
            name="Override",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("made_by", models.TextField()),
                ("made_at", models.DateTimeField()),
                (
                    "instead_of",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="overrides",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="overrides",
                        to="records.team",
                    ),
                ),
            ],
            options={
                "db_table": "override",
            },
        ),
        migrations.CreateModel(
            name="Words",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("stream", models.TextField()),
                ("text", models.TextField()),
                ("salt", models.BinaryField()),
                ("erased_at", models.DateTimeField(blank=True, null=True)),
            ],
            options={
                "verbose_name_plural": "words",
                "db_table": "words",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("erased_at__isnull", True),
                            models.Q(("salt", b""), ("text", "")),
                            _connector="OR",
                        ),
                        name="words_erased_are_blank",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="EntryRow",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("stream", models.TextField()),
                ("seq", models.IntegerField()),
                ("kind", models.TextField()),
                ("at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("actor", models.TextField()),
                ("data", models.JSONField(default=dict)),
                ("hash", models.BinaryField()),
                (
                    "words",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="records.words",
                    ),
                ),
            ],
            options={
                "verbose_name": "entry",
                "verbose_name_plural": "entries",
                "db_table": "entry",
            },
        ),
        migrations.CreateModel(
            name="ApiToken",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.TextField()),
                ("digest", models.TextField()),
                ("prefix", models.TextField()),
                ("created_at", models.DateTimeField()),
                ("last_used_at", models.DateTimeField(blank=True, null=True)),
                ("expires_at", models.DateTimeField(blank=True, null=True)),
                ("revoked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="api_tokens",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "db_table": "api_token",
                "constraints": [
                    models.UniqueConstraint(fields=("digest",), name="api_token_digest_unique")
                ],
            },
        ),
        migrations.CreateModel(
            name="ComponentChange",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "state",
                    models.TextField(
                        choices=[
                            ("operational", "Operational"),
                            ("degraded", "Degraded"),
                            ("partial_outage", "Partial outage"),
                            ("major_outage", "Major outage"),
                            ("maintenance", "Maintenance"),
                        ]
                    ),
                ),
                ("at", models.DateTimeField()),
                ("incident_ref", models.TextField(blank=True, null=True)),
                ("actor", models.TextField()),
                (
                    "component",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="changes",
                        to="records.component",
                    ),
                ),
            ],
            options={
                "db_table": "component_change",
                "indexes": [
                    models.Index(fields=["component", "at"], name="component_change_by_time")
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                [
                                    "operational",
                                    "degraded",
                                    "partial_outage",
                                    "major_outage",
                                    "maintenance",
                                ],
                            )
                        ),
                        name="component_change_state_known",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.UniqueConstraint(fields=("name",), name="customer_name_unique"),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.UniqueConstraint(fields=("slug",), name="customer_slug_unique"),
        ),
        migrations.AddConstraint(
            model_name="customer",
            constraint=models.CheckConstraint(
                condition=models.Q(("plan__in", ["enterprise", "pro"])), name="customer_plan_known"
            ),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(
                condition=models.Q(
                    ("unreachable_at__isnull", True), ("verified_at__isnull", False)
                ),
                fields=["customer", "security"],
                name="contact_reachable",
            ),
        ),
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("email", ""), _negated=True),
                    models.Q(("phone", ""), _negated=True),
                    _connector="OR",
                ),
                name="contact_has_email_or_phone",
            ),
        ),
        migrations.AddConstraint(
            model_name="contact",
            constraint=models.UniqueConstraint(
                models.F("customer"),
                django.db.models.functions.text.Lower("email"),
                condition=models.Q(("email", ""), _negated=True),
                name="contact_email_once_per_customer",
            ),
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.CheckConstraint(
                condition=models.Q(("email", django.db.models.functions.text.Lower("email"))),
                name="person_email_is_lower_case",
            ),
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "role__in",
                        [
                            "customer",
                            "responder",
                            "incident_manager",
                            "support_manager",
                            "executive",
                            "admin",
                        ],
                    )
                ),
                name="person_role_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="person",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("customer__isnull", False), ("role", "customer")),
                    models.Q(
                        models.Q(("role", "customer"), _negated=True), ("customer__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="person_customer_role_iff_customer",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state", "pending")),
                fields=["priority", "next_try_at", "id"],
                name="delivery_pending_in_order",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("state", "sending")),
                fields=["sending_since"],
                name="delivery_sending_by_start",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(fields=["stream", "seq"], name="delivery_by_stream"),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(fields=("key",), name="delivery_key_unique"),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "pending",
                            "sending",
                            "sent",
                            "delivered",
                            "failed",
                            "stale",
                            "cancelled",
                        ],
                    )
                ),
                name="delivery_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "sending"), _negated=True),
                    ("sending_since__isnull", False),
                    _connector="OR",
                ),
                name="delivery_sending_has_moment",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state__in", ["sent", "delivered"]), _negated=True),
                    ("sent_at__isnull", False),
                    _connector="OR",
                ),
                name="delivery_sent_has_moment",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(("tries__gte", 0), ("tries__lte", models.F("most_tries"))),
                name="delivery_tries_are_bounded",
            ),
        ),
        migrations.AddIndex(
            model_name="incidentrow",
            index=models.Index(
                condition=models.Q(("status", "open")),
                fields=["next_due_at"],
                name="incident_open_by_due",
            ),
        ),
        migrations.AddIndex(
            model_name="incidentrow",
            index=models.Index(
                condition=models.Q(("status", "open")),
                fields=["manager"],
                name="incident_open_by_manager",
            ),
        ),
        migrations.AddIndex(
            model_name="incidentrow",
            index=models.Index(fields=["-opened_at"], name="incident_by_opening"),
        ),
        migrations.AddIndex(
            model_name="incidentrow",
            index=models.Index(
                condition=models.Q(("is_public", True)),
                fields=["-opened_at"],
                name="incident_public_by_opening",
            ),
        ),
        migrations.AddConstraint(
            model_name="incidentrow",
            constraint=models.UniqueConstraint(fields=("ref",), name="incident_ref_unique"),
        ),
        migrations.AddConstraint(
            model_name="incidentrow",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["open", "resolved", "closed", "declined"])),
                name="incident_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="incidentrow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "open"), _negated=True),
                    models.Q(
                        ("closed_at__isnull", True),
                        ("declined_at__isnull", True),
                        ("resolved_at__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="incident_open_has_no_end",
            ),
        ),
        migrations.AddConstraint(
            model_name="incidentrow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("resolved_at__isnull", True),
                    ("status__in", ("resolved", "closed")),
                    _negated=True,
                ),
                name="incident_resolved_has_moment",
            ),
        ),
        migrations.AddConstraint(
            model_name="incidentrow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("closed_at__isnull", True), ("status", "closed"), _negated=True
                ),
                name="incident_closed_has_moment",
            ),
        ),
        migrations.AddConstraint(
            model_name="incidentrow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("declined_at__isnull", True), ("status", "declined"), _negated=True
                ),
                name="incident_declined_has_moment",
            ),
        ),
        migrations.AddConstraint(
            model_name="incidentrow",
            constraint=models.CheckConstraint(
                condition=models.Q(("priority__gte", 1), ("priority__lte", 5)),
                name="incident_priority_from_1_to_5",
            ),
        ),
        migrations.AddConstraint(
            model_name="incidentrow",
            constraint=models.UniqueConstraint(
                condition=models.Q(("join_key__isnull", False), ("status", "open")),
                fields=("join_key",),
                name="incident_join_key_once_open",
            ),
        ),
        migrations.AddIndex(
            model_name="report",
            index=models.Index(
                condition=models.Q(("opened_at__isnull", True)),
                fields=["next_try_at", "received_at"],
                name="report_not_yet_a_case",
            ),
        ),
        migrations.AddConstraint(
            model_name="report",
            constraint=models.UniqueConstraint(
                condition=models.Q(("idempotency_key__isnull", False)),
                fields=("idempotency_scope", "idempotency_key"),
                name="report_idempotency_key_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="report",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("case_ref__isnull", True), ("opened_at__isnull", True)),
                    models.Q(("case_ref__isnull", False), ("opened_at__isnull", False)),
                    _connector="OR",
                ),
                name="report_opened_iff_case",
            ),
        ),
        migrations.AddIndex(
            model_name="caserow",
            index=models.Index(fields=["customer", "-opened_at"], name="case_by_customer"),
        ),
        migrations.AddIndex(
            model_name="caserow",
            index=models.Index(fields=["-opened_at"], name="case_by_opening"),
        ),
        migrations.AddIndex(
            model_name="caserow",
            index=models.Index(
                condition=models.Q(("status", "open")),
                fields=["next_due_at"],
                name="case_open_by_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="caserow",
            constraint=models.UniqueConstraint(fields=("ref",), name="case_ref_unique"),
        ),
        migrations.AddConstraint(
            model_name="caserow",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["open", "resolved", "closed", "declined"])),
                name="case_status_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="caserow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "open"), _negated=True),
                    models.Q(
                        ("closed_at__isnull", True),
                        ("declined_at__isnull", True),
                        ("resolved_at__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="case_open_has_no_end",
            ),
        ),
        migrations.AddConstraint(
            model_name="caserow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("resolved_at__isnull", True),
                    ("status__in", ("resolved", "closed")),
                    _negated=True,
                ),
                name="case_resolved_has_moment",
            ),
        ),
        migrations.AddConstraint(
            model_name="caserow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("closed_at__isnull", True), ("status", "closed"), _negated=True
                ),
                name="case_closed_has_moment",
            ),
        ),
        migrations.AddConstraint(
            model_name="caserow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("declined_at__isnull", True), ("status", "declined"), _negated=True
                ),
                name="case_declined_has_moment",
            ),
        ),
        migrations.AddConstraint(
            model_name="caserow",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("plan__isnull", True), ("plan__in", ["enterprise", "pro"]), _connector="OR"
                ),
                name="case_plan_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="rotashift",
            constraint=models.CheckConstraint(
                condition=models.Q(("weekday__gte", 0), ("weekday__lte", 6)),
                name="rota_shift_weekday_from_0_to_6",
            ),
        ),
        migrations.AddConstraint(
            model_name="rotashift",
            constraint=models.UniqueConstraint(
                fields=("team", "weekday", "starts", "person"), name="rota_shift_once"
            ),
        ),
        migrations.AddIndex(
            model_name="override",
            index=models.Index(fields=["team", "ends_at"], name="override_by_end"),
        ),
        migrations.AddConstraint(
            model_name="override",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("starts_at"))),
                name="override_ends_after_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="entryrow",
            constraint=models.UniqueConstraint(
                fields=("stream", "seq"), name="entry_stream_seq_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="entryrow",
            constraint=models.CheckConstraint(
                condition=models.Q(("seq__gte", 1)), name="entry_seq_counts_from_1"
            ),
        ),
    ]
