"""How the words of the stock ledger read on a page."""

from service.supply.stock_imports import ENTRY_TEXT
from service.supply.stock_models import Kind, Source

KIND_TEXT = {Kind(each): text for each, text in ENTRY_TEXT.items()} | {
    Kind.TRANSFER_OUT: "调出",
    Kind.TRANSFER_IN: "调入",
    Kind.REVERSAL: "冲正",
}
SOURCE_TEXT = {
    Source.SELF_REPORT: "网点自报",
    Source.PHONE: "电话",
    Source.LEDGER: "台账",
    Source.INSPECTION: "执法检查",
}
