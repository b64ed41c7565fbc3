"""Identifiers: of parties (ISO 3166-1 or a slug) and of everything else."""

from __future__ import annotations

import re
from collections.abc import Container
from functools import lru_cache
from typing import Final

from relto.core.errors import InputError

_CODE = re.compile(r"[A-Z]{2,3}", re.ASCII)
_PARTY = re.compile(r"[A-Z]{2,3}|[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?", re.ASCII)

# ISO 3166-1, officially assigned codes: a third country is a real place even where no dossier describes it.
_ALPHA_2: Final = dict(
    pair.split(":")
    for pair in """
    ABW:AW AFG:AF AGO:AO AIA:AI ALA:AX ALB:AL AND:AD ARE:AE ARG:AR ARM:AM ASM:AS ATA:AQ ATF:TF ATG:AG AUS:AU AUT:AT
    AZE:AZ BDI:BI BEL:BE BEN:BJ BES:BQ BFA:BF BGD:BD BGR:BG BHR:BH BHS:BS BIH:BA BLM:BL BLR:BY BLZ:BZ BMU:BM BOL:BO
    BRA:BR BRB:BB BRN:BN BTN:BT BVT:BV BWA:BW CAF:CF CAN:CA CCK:CC CHE:CH CHL:CL CHN:CN CIV:CI CMR:CM COD:CD COG:CG
    COK:CK COL:CO COM:KM CPV:CV CRI:CR CUB:CU CUW:CW CXR:CX CYM:KY CYP:CY CZE:CZ DEU:DE DJI:DJ DMA:DM DNK:DK DOM:DO
    DZA:DZ ECU:EC EGY:EG ERI:ER ESH:EH ESP:ES EST:EE ETH:ET FIN:FI FJI:FJ FLK:FK FRA:FR FRO:FO FSM:FM GAB:GA GBR:GB
    GEO:GE GGY:GG GHA:GH GIB:GI GIN:GN GLP:GP GMB:GM GNB:GW GNQ:GQ GRC:GR GRD:GD GRL:GL GTM:GT GUF:GF GUM:GU GUY:GY
    HKG:HK HMD:HM HND:HN HRV:HR HTI:HT HUN:HU IDN:ID IMN:IM IND:IN IOT:IO IRL:IE IRN:IR IRQ:IQ ISL:IS ISR:IL ITA:IT
    JAM:JM JEY:JE JOR:JO JPN:JP KAZ:KZ KEN:KE KGZ:KG KHM:KH KIR:KI KNA:KN KOR:KR KWT:KW LAO:LA LBN:LB LBR:LR LBY:LY
    LCA:LC LIE:LI LKA:LK LSO:LS LTU:LT LUX:LU LVA:LV MAC:MO MAF:MF MAR:MA MCO:MC MDA:MD MDG:MG MDV:MV MEX:MX MHL:MH
    MKD:MK MLI:ML MLT:MT MMR:MM MNE:ME MNG:MN MNP:MP MOZ:MZ MRT:MR MSR:MS MTQ:MQ MUS:MU MWI:MW MYS:MY MYT:YT NAM:NA
    NCL:NC NER:NE NFK:NF NGA:NG NIC:NI NIU:NU NLD:NL NOR:NO NPL:NP NRU:NR NZL:NZ OMN:OM PAK:PK PAN:PA PCN:PN PER:PE
    PHL:PH PLW:PW PNG:PG POL:PL PRI:PR PRK:KP PRT:PT PRY:PY PSE:PS PYF:PF QAT:QA REU:RE ROU:RO RUS:RU RWA:RW SAU:SA
    SDN:SD SEN:SN SGP:SG SGS:GS SHN:SH SJM:SJ SLB:SB SLE:SL SLV:SV SMR:SM SOM:SO SPM:PM SRB:RS SSD:SS STP:ST SUR:SR
    SVK:SK SVN:SI SWE:SE SWZ:SZ SXM:SX SYC:SC SYR:SY TCA:TC TCD:TD TGO:TG THA:TH TJK:TJ TKL:TK TKM:TM TLS:TL TON:TO
    TTO:TT TUN:TN TUR:TR TUV:TV TWN:TW TZA:TZ UGA:UG UKR:UA UMI:UM URY:UY USA:US UZB:UZ VAT:VA VCT:VC VEN:VE VGB:VG
    VIR:VI VNM:VN VUT:VU WLF:WF WSM:WS YEM:YE ZAF:ZA ZMB:ZM ZWE:ZW
    """.split()
)
_ALPHA_3: Final = {short: long for long, short in _ALPHA_2.items()}


@lru_cache(maxsize=256)  # there are few parties, and each is named again and again
def check_party_id(text: str) -> str:
    """Give `text` back if it is 2-3 capitals (`KOR`, `EU`) or a slug (`jpn-cert`); else raise InputError."""
    if not _PARTY.fullmatch(text):
        raise InputError(
            f"`{text[:60]}` is not a party id",
            remedy="use 2-3 capitals such as `KOR`, or a slug such as `jpn-cert`",
        )
    return text


def check_id(text: str) -> str:
    """Give `text` back if it can name an agreement, instrument, item or entry; else raise InputError."""
    if not _ID.fullmatch(text):
        raise InputError(
            f"`{text[:60]}` is not an id",
            remedy="use letters, digits, `.`, `_` and `-`, at most 128, no other signs",
        )
    return text


def is_country(party: str, parties: Container[str] = ()) -> bool:
    """Whether `party` is an ISO 3166-1 code, of two letters or three (`NO`, `NOR`), and none of `parties` is that
    country under its other code: then it is most likely a slip."""
    other = _ALPHA_2.get(party) or _ALPHA_3.get(party)
    return other is not None and other not in parties


def is_code(text: str) -> bool:
    """Whether `text` can name nothing but a party or a country: 2-3 capitals. A slug may be a body or a person."""
    return _CODE.fullmatch(text) is not None
