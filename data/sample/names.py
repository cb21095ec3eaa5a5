"""Names for places that do not exist: Chinese and English, in a fixed order."""

from __future__ import annotations

SIDES = (
    ("东", "East"),
    ("东北", "Northeast"),
    ("北", "North"),
    ("西北", "Northwest"),
    ("西", "West"),
    ("西南", "Southwest"),
    ("南", "South"),
    ("东南", "Southeast"),
)

STEMS = (
    ("桂花", "Guihua"),
    ("银杏", "Yinxing"),
    ("芙蓉", "Furong"),
    ("望江", "Wangjiang"),
    ("青云", "Qingyun"),
    ("文翁", "Wenweng"),
    ("浣纱", "Huansha"),
    ("竹林", "Zhulin"),
    ("梧桐", "Wutong"),
    ("石桥", "Shiqiao"),
    ("荷塘", "Hetang"),
    ("书院", "Shuyuan"),
    ("锦官", "Jinguan"),
    ("玉带", "Yudai"),
    ("柳荫", "Liuyin"),
    ("梨园", "Liyuan"),
    ("双桥", "Shuangqiao"),
    ("红照", "Hongzhao"),
    ("金沙滩", "Jinshatan"),
    ("水井", "Shuijing"),
    ("琴台", "Qintai"),
    ("草市", "Caoshi"),
    ("盐市", "Yanshi"),
    ("春熙里", "Chunxili"),
    ("万福", "Wanfu"),
    ("天和", "Tianhe"),
    ("紫荆", "Zijing"),
    ("沙湾", "Shawan"),
    ("通惠", "Tonghui"),
    ("槐树", "Huaishu"),
    ("玉林坊", "Yulinfang"),
    ("锦绣", "Jinxiu"),
    ("海棠", "Haitang"),
    ("百草", "Baicao"),
    ("月季", "Yueji"),
    ("东篱", "Dongli"),
    ("白鹭", "Bailu"),
    ("凤鸣", "Fengming"),
    ("龙潭", "Longtan"),
    ("清波", "Qingbo"),
)

RING_NAMES = (("一环路", "First Ring Road"), ("二环路", "Second Ring Road"), ("三环路", "Third Ring Road"))


def stem(number: int) -> tuple[str, str]:
    """The place name of a number; after the last one the list starts again with a count."""
    zh, en = STEMS[number % len(STEMS)]
    turn = number // len(STEMS)
    if turn == 0:
        return zh, en
    return f"{zh}{_numeral(turn + 1)}", f"{en} {turn + 1}"


def _numeral(number: int) -> str:
    digits = "零一二三四五六七八九"
    if number < 10:
        return digits[number]
    tens, ones = divmod(number, 10)
    if number < 100:
        return ("" if tens == 1 else digits[tens]) + "十" + (digits[ones] if ones else "")
    return str(number)
