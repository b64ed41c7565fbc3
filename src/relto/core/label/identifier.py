"""Identifiers: of parties (ISO 3166-1 or a slug) and of everything else."""

from __future__ import annotations

import re
from typing import Final

from relto.core.errors import InputError

_PARTY = re.compile(r"[A-Z]{2,3}|[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?", re.ASCII)
_ID = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,126}[A-Za-z0-9])?", re.ASCII)

# ISO 3166-1 alpha-3, officially assigned codes: a third country is a real place even where no dossier describes it.
_COUNTRIES: Final = frozenset(
    """
    ABW AFG AGO AIA ALA ALB AND ARE ARG ARM ASM ATA ATF ATG AUS AUT AZE BDI BEL BEN BES BFA BGD BGR BHR BHS BIH BLM
    BLR BLZ BMU BOL BRA BRB BRN BTN BVT BWA CAF CAN CCK CHE CHL CHN CIV CMR COD COG COK COL COM CPV CRI CUB CUW CXR
    CYM CYP CZE DEU DJI DMA DNK DOM DZA ECU EGY ERI ESH ESP EST ETH FIN FJI FLK FRA FRO FSM GAB GBR GEO GGY GHA GIB
    GIN GLP GMB GNB GNQ GRC GRD GRL GTM GUF GUM GUY HKG HMD HND HRV HTI HUN IDN IMN IND IOT IRL IRN IRQ ISL ISR ITA
    JAM JEY JOR JPN KAZ KEN KGZ KHM KIR KNA KOR KWT LAO LBN LBR LBY LCA LIE LKA LSO LTU LUX LVA MAC MAF MAR MCO MDA
    MDG MDV MEX MHL MKD MLI MLT MMR MNE MNG MNP MOZ MRT MSR MTQ MUS MWI MYS MYT NAM NCL NER NFK NGA NIC NIU NLD NOR
    NPL NRU NZL OMN PAK PAN PCN PER PHL PLW PNG POL PRI PRK PRT PRY PSE PYF QAT REU ROU RUS RWA SAU SDN SEN SGP SGS
    SHN SJM SLB SLE SLV SMR SOM SPM SRB SSD STP SUR SVK SVN SWE SWZ SXM SYC SYR TCA TCD TGO THA TJK TKL TKM TLS TON
    TTO TUN TUR TUV TWN TZA UGA UKR UMI URY USA UZB VAT VCT VEN VGB VIR VNM VUT WLF WSM YEM ZAF ZMB ZWE
    """.split()
)


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


def is_country(party: str) -> bool:
    """Whether `party` is an officially assigned ISO 3166-1 alpha-3 code."""
    return party in _COUNTRIES
