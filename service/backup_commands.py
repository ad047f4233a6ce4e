"""Backups on the command line: making one, putting it back, and looking whether all is whole."""

from collections.abc import Sequence
from pathlib import Path

import typer
from sqlalchemy.orm import Session

from config.settings import Settings
from service import audit, backups, safekeeping
from service.backups import BackupFailed
from service.cases import standing as cases
from service.database import Database
from service.imagery import copies, keeping
from service.imagery.copies import Restored
from service.photos import queries as photos
from service.photos.store import PhotoStore
from service.reporting import queries as reporting
from service.signals import informants, sealing
from service.sowing import plan_rollups, rollups
from service.terminal import console, opened, problems

MAX_SHOWN = 20


def backup() -> None:
    """Back up whatever cannot be made again, and say where it lies."""
    with opened() as (database, settings):
        saved = safekeeping.save(database, settings)
    console.print(f"已备份到 {saved.file}", soft_wrap=True)
    folder = safekeeping.photos_of(saved.file.parent).directory
    console.print(f"照片原件新增 {saved.n_photos} 张,在 {folder}", soft_wrap=True)
    folder = copies.copies_of(saved.file)
    console.print(f"影像观测新增 {saved.n_observations} 个文件,在 {folder}", soft_wrap=True)
    console.print("举报人密钥不在备份里,请另行保管。")


def restore(file: Path, *, is_replacing: bool) -> None:
    """Put a backup in place; what stood there is put aside, and what is lost is named."""
    with opened(is_migrated=False) as (database, settings):
        wanted = copies.wanted_by(file)
        if wanted is not None and not is_replacing:
            _refuse_overwriting(settings.observation_directory, wanted)
        kept = backups.restore(database, file, is_replacing=is_replacing)
        console.print("已恢复。" + (f"原数据库另存为 {kept}。" if kept else ""), soft_wrap=True)
        store = PhotoStore(settings.photo_directory)
        n_copied = safekeeping.photos_of(file.parent).copy_to(store)
        console.print(f"照片原件补回 {n_copied} 张。")
        done = _restore_observations(database, settings.observation_directory, file, wanted)
        _tell_of_seals(database, settings)
    if done is not None and done.lost:
        _name_lost(done.lost, "备份里的影像观测缺失或已损坏", "请用另一份备份恢复")


def _refuse_overwriting(folder: Path, wanted: dict[str, str]) -> None:
    standing = copies.in_the_way(folder, wanted)
    if standing:
        raise BackupFailed(
            f"{folder} 里已有别的影像观测({standing[0]} 等 {len(standing)} 个文件);"
            "确要替换请加 --replace(现有的会另存)"
        )


def _restore_observations(
    database: Database, folder: Path, file: Path, wanted: dict[str, str] | None
) -> Restored | None:
    if wanted is None:
        console.print("这份备份没有影像观测的清单(升级前所做,或旧版本所做);影像观测没有改动。")
        return None
    done = copies.restore(folder, file, wanted, database.clock())
    console.print(
        f"影像观测补回 {done.n_copied} 个文件,未变 {done.n_same} 个。"
        + (f"原有的另存在 {done.kept}。" if done.kept else ""),
        soft_wrap=True,
    )
    return done


def _tell_of_seals(database: Database, settings: Settings) -> bool:
    """Say whether the key at hand opens what is sealed; tell whether it does."""
    key_id = sealing.key_id_at_hand(settings)
    with database.system_reading() as session:
        n_closed = informants.closed(session, key_id)
    if n_closed:
        why = "没有举报人密钥" if key_id is None else "举报人密钥不是封存时的那一把"
        problems.print(
            f"{why}:{n_closed} 份封存打不开。密钥不在备份里;请把另行保管的密钥文件放回 "
            f"{settings.informant_key_file}(或设 CHUNGENG_INFORMANT_KEY)",
            soft_wrap=True,
        )
    return n_closed == 0


def _name_lost(lost: Sequence[str], what: str, advice: str) -> None:
    for name in lost[:MAX_SHOWN]:
        problems.print(f"{what}:{name}", soft_wrap=True)
    problems.print(f"共 {len(lost)} 个;{advice}")
    raise typer.Exit(1)


def verify(backup_file: Path | None) -> None:
    """Look whether all is whole: files, seals, the chain of the audit, sums; and a backup."""
    with opened() as (database, settings):
        with database.system_reading() as session:
            _refuse_lost_files(session, settings)
            _refuse_broken_chain(session)
            _refuse_wrong_sums(session)
        if not _tell_of_seals(database, settings):
            raise typer.Exit(1)
    if backup_file is not None:
        _refuse_lost_copies(backup_file)
    console.print("照片原件和影像观测齐全,审计链完整,汇总与明细一致。")


def _refuse_lost_files(session: Session, settings: Settings) -> None:
    store, advice = PhotoStore(settings.photo_directory), "请用 chungeng restore 所用的备份目录补回"
    lost = [
        *photos.lost(session, store),
        *informants.lost(session, store),
        *cases.lost(session, store),
    ]
    if lost:
        _name_lost(lost, "照片原件缺失或已损坏", advice)
    changed = keeping.lost(session, settings.observation_directory)
    if changed:
        _name_lost(changed, "影像观测缺失或被改动", advice)


def _refuse_lost_copies(backup_file: Path) -> None:
    if not backup_file.is_file():
        raise BackupFailed(f"没有备份文件 {backup_file}")
    wanted = copies.wanted_by(backup_file)
    if wanted is None:
        raise BackupFailed(f"{backup_file} 没有影像观测的清单")
    lost = copies.lost(backup_file, wanted)
    if lost:
        _name_lost(lost, "备份里的影像观测缺失或已损坏", "请另做一份备份")
    console.print(f"备份里的影像观测 {len(wanted)} 个文件齐全。")


def _refuse_broken_chain(session: Session) -> None:
    broken = audit.first_break(session)
    if broken is not None:
        problems.print(f"[red]审计链在第 {broken.n} 条断开[/red]:{broken.reason}")
        raise typer.Exit(1)


def _refuse_wrong_sums(session: Session) -> None:
    seasons = [each.code for each in reporting.seasons(session)]
    wrong = [(code, *each) for code in seasons for each in rollups.differences(session, code)]
    for season, area, crop, day, kept, true in wrong[:MAX_SHOWN]:
        problems.print(f"{season} {area} {crop} {day}:汇总 {kept},明细 {true}")
    plans = [(code, *each) for code in seasons for each in plan_rollups.differences(session, code)]
    for season, area, crop in plans[:MAX_SHOWN]:
        problems.print(f"{season} {area} {crop}:计划汇总与各版计划不符")
    if wrong or plans:
        problems.print("汇总与明细不符;运行 chungeng run check-rollups 重建")
        raise typer.Exit(1)
