"""Survey the land: parcels, basic farmland, outlines and approvals in versions, and their exam."""

import sqlalchemy as sa
from alembic import op

from service import space
from service.columns import SurveyNumber, UtcInstant
from service.space import Geometry

revision = "0002"
down_revision = "0001"

LAYERS = {
    "parcel_versions": ("MultiPolygon", "图斑(各版)"),
    "farmland_versions": ("MultiPolygon", "永久基本农田(各版)"),
    "area_outlines": ("MultiPolygon", "区划界线"),
    "approvals": ("MultiPolygon", "批准用地"),
    "exam_findings": ("Geometry", "体检发现的问题"),
}
ENDED_ONCE = ("parcel_versions", "farmland_versions", "area_outlines", "approvals")
MAY_CHANGE = {"valid_to", "ended_at", "end_reason"}
FIXED = ("lineage", "farmland_overlays")


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    _create_tables()
    for table, (kind, title) in LAYERS.items():
        space.furnish(op.get_bind(), table, kind=kind, title=title)
    for table in ENDED_ONCE:
        _let_end_once(table)
    for table in FIXED:
        _refuse(table, "UPDATE OR DELETE", "UPDATE", "DELETE")
    _keep_findings()


def _create_tables() -> None:
    op.create_table(
        "land_revisions",
        sa.Column(
            "kind",
            sa.Enum(
                "parcels",
                "farmland",
                "outlines",
                "approvals",
                name="landkind",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_land_revisions")),
    )
    op.create_table(
        "land_imports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("filename", sa.String(length=200), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("n_bytes", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "parcels",
                "farmland",
                "outlines",
                "approvals",
                name="landkind",
                native_enum=False,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column(
            "state",
            sa.Enum(
                "reading",
                "asking",
                "ready",
                "refused",
                "committing",
                "committed",
                "discarded",
                name="importstate",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("compared_with", sa.Integer(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", UtcInstant(), nullable=False),
        sa.Column("committed_by", sa.Uuid(), nullable=True),
        sa.Column("committed_at", UtcInstant(), nullable=True),
        sa.Column(
            "area_code",
            sa.String(length=12).with_variant(sa.String(length=12, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["committed_by"], ["accounts.id"], name=op.f("fk_land_imports_committed_by_accounts")
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["accounts.id"], name=op.f("fk_land_imports_created_by_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_land_imports")),
    )
    with op.batch_alter_table("land_imports", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_land_imports_file_sha256"), ["file_sha256"], unique=False
        )

    op.create_table(
        "approvals",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "conversion",
                "temporary",
                "facility",
                "balance",
                "returned_to_forest",
                "fallow",
                "homestead",
                name="approvalkind",
                native_enum=False,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("document_no", sa.String(length=100), nullable=False),
        sa.Column("issued_by", sa.String(length=100), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("note", sa.String(length=500), nullable=True),
        sa.Column("recorded_at", UtcInstant(), nullable=False),
        sa.Column("ended_at", UtcInstant(), nullable=True),
        sa.Column("end_reason", sa.String(length=500), nullable=True),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.Column("recorded_by", sa.Uuid(), nullable=True),
        sa.Column("ellipsoidal_area_m2", sa.Double(), nullable=False),
        sa.Column("geometry", Geometry("MultiPolygon"), nullable=False),
        sa.Column(
            "area_code",
            sa.String(length=12).with_variant(sa.String(length=12, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to > valid_from", name=op.f("ck_approvals_ends_after_start")
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["land_imports.id"], name=op.f("fk_approvals_import_id_land_imports")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by"], ["accounts.id"], name=op.f("fk_approvals_recorded_by_accounts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approvals")),
        sa.UniqueConstraint("uid", name=op.f("uq_approvals_uid")),
    )
    with op.batch_alter_table("approvals", schema=None) as batch_op:
        batch_op.create_index("ix_approvals_area_code", ["area_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_approvals_import_id"), ["import_id"], unique=False)

    op.create_table(
        "area_outlines",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", UtcInstant(), nullable=False),
        sa.Column("ended_at", UtcInstant(), nullable=True),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("level", sa.String(length=8), nullable=False),
        sa.Column("ellipsoidal_area_m2", sa.Double(), nullable=False),
        sa.Column("geometry", Geometry("MultiPolygon"), nullable=False),
        sa.Column(
            "area_code",
            sa.String(length=12).with_variant(sa.String(length=12, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["land_imports.id"], name=op.f("fk_area_outlines_import_id_land_imports")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_area_outlines")),
    )
    with op.batch_alter_table("area_outlines", schema=None) as batch_op:
        batch_op.create_index("ix_area_outlines_area_code", ["area_code"], unique=False)
        batch_op.create_index(batch_op.f("ix_area_outlines_import_id"), ["import_id"], unique=False)

    op.create_table(
        "exam_findings",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.String(length=64), nullable=False),
        sa.Column("severity", sa.String(length=5), nullable=False),
        sa.Column("source_row", sa.Integer(), nullable=False),
        sa.Column("other_row", sa.Integer(), nullable=True),
        sa.Column("survey_code", sa.String(length=32), nullable=True),
        sa.Column("uid", sa.Uuid(), nullable=True),
        sa.Column("numbers", sa.Text(), nullable=False),
        sa.Column("message", sa.String(length=500), nullable=False),
        sa.Column("geometry", Geometry("Geometry"), nullable=True),
        sa.Column(
            "area_code",
            sa.String(length=12).with_variant(sa.String(length=12, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["import_id"], ["land_imports.id"], name=op.f("fk_exam_findings_import_id_land_imports")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exam_findings")),
    )
    with op.batch_alter_table("exam_findings", schema=None) as batch_op:
        batch_op.create_index(
            "ix_exam_findings_import_id_rule", ["import_id", "rule"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_exam_findings_uid"), ["uid"], unique=False)

    op.create_table(
        "farmland_versions",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", UtcInstant(), nullable=False),
        sa.Column("ended_at", UtcInstant(), nullable=True),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.Column("source_row", sa.Integer(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("survey_code", sa.String(length=32), nullable=True),
        sa.Column("parcel_number", sa.String(length=32), nullable=True),
        sa.Column("land_class", sa.String(length=8), nullable=True),
        sa.Column("planting_attribute", sa.String(length=8), nullable=True),
        sa.Column("ownership", sa.String(length=4), nullable=True),
        sa.Column("owner_code", sa.String(length=19), nullable=True),
        sa.Column("location_code", sa.String(length=19), nullable=True),
        sa.Column("location_name", sa.String(length=100), nullable=True),
        sa.Column("deduction_class", sa.String(length=8), nullable=True),
        sa.Column("deduction_ratio", SurveyNumber(6, 4), nullable=True),
        sa.Column("terrain", sa.String(length=4), nullable=True),
        sa.Column("slope_grade", sa.String(length=4), nullable=True),
        sa.Column("strip_width_m", SurveyNumber(7, 1), nullable=True),
        sa.Column("refinement", sa.String(length=8), nullable=True),
        sa.Column("settlement_attribute", sa.String(length=8), nullable=True),
        sa.Column("is_enclave", sa.Boolean(), nullable=True),
        sa.Column("source_year", sa.Integer(), nullable=True),
        sa.Column("declared_area_m2", SurveyNumber(15, 2), nullable=True),
        sa.Column("deducted_area_m2", SurveyNumber(15, 2), nullable=True),
        sa.Column("net_area_m2", SurveyNumber(15, 2), nullable=True),
        sa.Column("ellipsoidal_area_m2", sa.Double(), nullable=False),
        sa.Column("remark", sa.String(length=255), nullable=True),
        sa.Column("attributes", sa.Text(), nullable=False),
        sa.Column("village_share", sa.Double(), nullable=True),
        sa.Column("village_margin", sa.Double(), nullable=True),
        sa.Column("is_repaired", sa.Boolean(), nullable=False),
        sa.Column("exam", sa.String(length=5), nullable=False),
        sa.Column("geometry", Geometry("MultiPolygon"), nullable=False),
        sa.Column(
            "area_code",
            sa.String(length=12).with_variant(sa.String(length=12, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to >= valid_from",
            name=op.f("ck_farmland_versions_ends_after_start"),
        ),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["land_imports.id"],
            name=op.f("fk_farmland_versions_import_id_land_imports"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_farmland_versions")),
    )
    with op.batch_alter_table("farmland_versions", schema=None) as batch_op:
        batch_op.create_index("ix_farmland_versions_area_code", ["area_code"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_farmland_versions_survey_code"), ["survey_code"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_farmland_versions_uid"), ["uid"], unique=False)

    op.create_table(
        "parcel_versions",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("recorded_at", UtcInstant(), nullable=False),
        sa.Column("ended_at", UtcInstant(), nullable=True),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.Column("source_row", sa.Integer(), nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("survey_code", sa.String(length=32), nullable=True),
        sa.Column("parcel_number", sa.String(length=32), nullable=True),
        sa.Column("land_class", sa.String(length=8), nullable=True),
        sa.Column("planting_attribute", sa.String(length=8), nullable=True),
        sa.Column("ownership", sa.String(length=4), nullable=True),
        sa.Column("owner_code", sa.String(length=19), nullable=True),
        sa.Column("location_code", sa.String(length=19), nullable=True),
        sa.Column("location_name", sa.String(length=100), nullable=True),
        sa.Column("deduction_class", sa.String(length=8), nullable=True),
        sa.Column("deduction_ratio", SurveyNumber(6, 4), nullable=True),
        sa.Column("terrain", sa.String(length=4), nullable=True),
        sa.Column("slope_grade", sa.String(length=4), nullable=True),
        sa.Column("strip_width_m", SurveyNumber(7, 1), nullable=True),
        sa.Column("refinement", sa.String(length=8), nullable=True),
        sa.Column("settlement_attribute", sa.String(length=8), nullable=True),
        sa.Column("is_enclave", sa.Boolean(), nullable=True),
        sa.Column("source_year", sa.Integer(), nullable=True),
        sa.Column("declared_area_m2", SurveyNumber(15, 2), nullable=True),
        sa.Column("deducted_area_m2", SurveyNumber(15, 2), nullable=True),
        sa.Column("net_area_m2", SurveyNumber(15, 2), nullable=True),
        sa.Column("ellipsoidal_area_m2", sa.Double(), nullable=False),
        sa.Column("remark", sa.String(length=255), nullable=True),
        sa.Column("attributes", sa.Text(), nullable=False),
        sa.Column("village_share", sa.Double(), nullable=True),
        sa.Column("village_margin", sa.Double(), nullable=True),
        sa.Column("is_repaired", sa.Boolean(), nullable=False),
        sa.Column("exam", sa.String(length=5), nullable=False),
        sa.Column("geometry", Geometry("MultiPolygon"), nullable=False),
        sa.Column(
            "area_code",
            sa.String(length=12).with_variant(sa.String(length=12, collation="C"), "postgresql"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "valid_to IS NULL OR valid_to >= valid_from",
            name=op.f("ck_parcel_versions_ends_after_start"),
        ),
        sa.ForeignKeyConstraint(
            ["import_id"],
            ["land_imports.id"],
            name=op.f("fk_parcel_versions_import_id_land_imports"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_parcel_versions")),
    )
    with op.batch_alter_table("parcel_versions", schema=None) as batch_op:
        batch_op.create_index("ix_parcel_versions_area_code", ["area_code"], unique=False)
        batch_op.create_index(
            batch_op.f("ix_parcel_versions_survey_code"), ["survey_code"], unique=False
        )
        batch_op.create_index(batch_op.f("ix_parcel_versions_uid"), ["uid"], unique=False)

    op.create_table(
        "farmland_overlays",
        sa.Column("parcel_id", sa.BigInteger(), nullable=False),
        sa.Column("farmland_id", sa.BigInteger(), nullable=False),
        sa.Column("area_m2", sa.Double(), nullable=False),
        sa.Column("share_of_parcel", sa.Double(), nullable=False),
        sa.Column("is_edge_only", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["farmland_id"],
            ["farmland_versions.id"],
            name=op.f("fk_farmland_overlays_farmland_id_farmland_versions"),
        ),
        sa.ForeignKeyConstraint(
            ["parcel_id"],
            ["parcel_versions.id"],
            name=op.f("fk_farmland_overlays_parcel_id_parcel_versions"),
        ),
        sa.PrimaryKeyConstraint("parcel_id", "farmland_id", name=op.f("pk_farmland_overlays")),
    )
    with op.batch_alter_table("farmland_overlays", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_farmland_overlays_farmland_id"), ["farmland_id"], unique=False
        )

    op.create_table(
        "lineage",
        sa.Column("parent_id", sa.BigInteger(), nullable=False),
        sa.Column("child_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "op",
            sa.Enum("split", "merge", "adjust", name="lineageop", native_enum=False, length=24),
            nullable=False,
        ),
        sa.Column("area_m2", sa.Double(), nullable=False),
        sa.Column("share_of_parent", sa.Double(), nullable=False),
        sa.Column("share_of_child", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["child_id"], ["parcel_versions.id"], name=op.f("fk_lineage_child_id_parcel_versions")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["parcel_versions.id"], name=op.f("fk_lineage_parent_id_parcel_versions")
        ),
        sa.PrimaryKeyConstraint("parent_id", "child_id", name=op.f("pk_lineage")),
    )
    with op.batch_alter_table("lineage", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_lineage_child_id"), ["child_id"], unique=False)


def _let_end_once(table: str) -> None:
    """Let triggers refuse whatever changes a version, but for its end, which comes once."""
    columns = op.get_bind().exec_driver_sql(f"SELECT * FROM {table} LIMIT 0").keys()
    fixed = ", ".join(name for name in columns if name not in MAY_CHANGE)
    _refuse(table, f"UPDATE OF {fixed} OR DELETE", f"UPDATE OF {fixed}", "DELETE")
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"CREATE TRIGGER {table}_ends_once BEFORE UPDATE ON {table} "
            "WHEN OLD.ended_at IS NOT NULL "
            f"BEGIN SELECT RAISE(ABORT, '{table} ends once'); END"
        )
        return
    op.execute(
        f"CREATE TRIGGER {table}_ends_once BEFORE UPDATE ON {table} FOR EACH ROW "
        "WHEN (OLD.ended_at IS NOT NULL) EXECUTE FUNCTION chungeng_append_only()"
    )


def _refuse(table: str, at_once: str, *one_by_one: str) -> None:
    """Let triggers refuse these events: PostgreSQL in one trigger, SQLite in one for each."""
    if op.get_bind().dialect.name == "sqlite":
        for event in one_by_one:
            op.execute(
                f"CREATE TRIGGER {table}_no_{event.split()[0].lower()} BEFORE {event} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )
        return
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE {at_once} ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION chungeng_append_only()"
    )
    op.execute(
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION chungeng_append_only()"
    )


def _keep_findings() -> None:
    """Findings of a dry run give way to those of the next; those of a committed import stay."""
    is_committed = (
        "(SELECT state FROM land_imports WHERE id = OLD.import_id) IN ('committed', 'committing')"
    )
    if op.get_bind().dialect.name == "sqlite":
        _refuse("exam_findings", "UPDATE", "UPDATE")
        op.execute(
            "CREATE TRIGGER exam_findings_no_delete BEFORE DELETE ON exam_findings "
            f"WHEN {is_committed} "
            "BEGIN SELECT RAISE(ABORT, 'exam_findings is append-only'); END"
        )
        return
    op.execute(
        "CREATE FUNCTION chungeng_findings_stay() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF TG_OP = 'UPDATE' OR {is_committed} THEN "
        "RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END IF; RETURN OLD; END $$"
    )
    op.execute(
        "CREATE TRIGGER exam_findings_append_only BEFORE UPDATE OR DELETE ON exam_findings "
        "FOR EACH ROW EXECUTE FUNCTION chungeng_findings_stay()"
    )
    op.execute(
        "CREATE TRIGGER exam_findings_no_truncate BEFORE TRUNCATE ON exam_findings "
        "FOR EACH STATEMENT EXECUTE FUNCTION chungeng_append_only()"
    )


def downgrade() -> None:
    raise RuntimeError("surveyed land is not thrown away; restore a backup instead")
