"""Other real agreements, and the corners of the clock: what their texts say, derived by hand, against the engine.

Each line of the tables below is one question: the instant (with an optional `-1` or `+1` nanosecond), the state, the
end of the term, the end, the deadline for a notice, and the terms of the question. `-` is none, `=` the same as the
column before, `?` left open. `yes` and `no` ask only whether it is in force. The comments derive each block from the
text in the fixture and the rules of time of the design; none was read off the engine.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from relto.adapters.folder import load_dossier
from relto.core.dossier import Dossier
from relto.core.errors import ReltoError
from relto.core.timeline import Instant, parse_instant

VARIANTS = Path(__file__).parent / "fixtures" / "variants"
BROKEN = {"invalid-hole"}
STATES = {
    "unsigned": False,
    "signed": False,
    "in-force": True,
    "notice-given": True,
    "notice-suspended": True,
    "lapsed": False,
}

REAL = """
[swiss-5y/swiss-5y]
# Signed by both at 11:00; nothing before.
2014-02-10T11:00+01:00 -1 | unsigned | - | - | - |
2014-02-10T11:00+01:00    | signed   | - | - | - |
# The last note is dated 26 Aug but counts from receipt, 31 Aug 10:00.
2014-08-27T00:00+02:00    | signed   | - | - | - |
2014-08-31T10:00+02:00 -1 | signed   | - | - | - |
# Five years from 31 Aug 2014; six months before 31 Aug 2019 is 31 Feb, clamped to 28 Feb, in winter time.
2014-08-31T10:00+02:00    | in-force | 2019-08-31T00:00+02:00 | - | 2019-02-28T00:00+01:00 |
2019-02-28T00:00+01:00 -1 | in-force | 2019-08-31T00:00+02:00 | - | 2019-02-28T00:00+01:00 |
# The deadline passes unused: one year more; six months before 31 Aug 2020 is 29 Feb, a leap year.
2019-02-28T00:00+01:00    | in-force | 2020-08-31T00:00+02:00 | - | 2020-02-29T00:00+01:00 |
2019-02-28T00:00+01:00 +1 | in-force | 2020-08-31T00:00+02:00 | - | 2020-02-29T00:00+01:00 |
2020-02-29T00:00+01:00 -1 | in-force | 2020-08-31T00:00+02:00 | - | 2020-02-29T00:00+01:00 |
2020-02-29T00:00+01:00    | in-force | 2021-08-31T00:00+02:00 | - | 2021-02-28T00:00+01:00 |
# The term's own end passes without a trace once it is assured to go on.
2020-08-31T00:00+02:00    | in-force | 2021-08-31T00:00+02:00 | - | 2021-02-28T00:00+01:00 |
# The notice of 28 Feb 2022 00:00 is received at the deadline, not strictly before: it counts for 31 Aug 2023.
2022-02-28T00:00+01:00 -1 | in-force | 2022-08-31T00:00+02:00 | - | 2022-02-28T00:00+01:00 |
2022-02-28T00:00+01:00    | notice-given | 2023-08-31T00:00+02:00 | = | - |
# What was known a nanosecond before its receipt knows of no notice; known_by is inclusive.
2022-03-01T00:00+01:00 | in-force | 2023-08-31T00:00+02:00 | - | 2023-02-28T00:00+01:00 | known_by=2022-02-27T23:00Z-1
2022-03-01T00:00+01:00 | notice-given | 2023-08-31T00:00+02:00 | = | - | known_by=2022-02-27T23:00Z
2022-08-31T00:00+02:00    | notice-given | 2023-08-31T00:00+02:00 | = | - |
2023-08-31T00:00+02:00 -1 | notice-given | 2023-08-31T00:00+02:00 | = | - |
2023-08-31T00:00+02:00    | lapsed       | 2023-08-31T00:00+02:00 | = | - |

[aut-deu-2007/aut-deu-2007]
# Signed on 18 Apr 2007, a date alone: the first instant of that day in Vienna.
2007-04-18T00:00+02:00 -1 | unsigned | - | - | - |
2007-04-18T00:00+02:00    | signed   | - | - | - |
# First day of the second month after April: 1 June. Indefinite, so no term end and no deadline.
2007-06-01T00:00+02:00 -1 | signed   | - | - | - |
2007-06-01T00:00+02:00    | in-force | - | - | - |
2007-05-31T18:00-04:00    | in-force | - | - | - | reading=DEU
2026-01-01T00:00Z         | in-force | - | - | - |

[aut-cyp-2014/aut-cyp-2014]
# The last note is received on 25 May 2015: first day of the second month after May is 1 July.
2014-07-17T00:00+02:00 -1 | unsigned | - | - | - |
2014-07-17T00:00+02:00    | signed   | - | - | - |
2015-05-25T00:00+02:00    | signed   | - | - | - |
2015-07-01T00:00+02:00 -1 | signed   | - | - | - |
2015-07-01T00:00+02:00    | in-force | - | - | - |
# A notice received on 31 Aug 2019: six months end with 29 Feb 2020 (clamped), so the end is 1 March 00:00.
2019-08-31T09:30+02:00 -1 | in-force | - | - | - |
2019-08-31T09:30+02:00    | notice-given | 2020-03-01T00:00+01:00 | = | - |
2020-02-29T00:00+01:00    | notice-given | 2020-03-01T00:00+01:00 | = | - |
2020-03-01T00:00+01:00 -1 | notice-given | 2020-03-01T00:00+01:00 | = | - |
2020-03-01T00:00+01:00    | lapsed       | 2020-03-01T00:00+01:00 | = | - |
2020-03-01T00:00+01:00 +1 | lapsed       | 2020-03-01T00:00+01:00 | = | - |
2020-06-01T00:00Z         | in-force     | - | - | - | known_by=2019-08-30T00:00Z

[eu-usa-2007/eu-usa-2007]
# Signature of 30 Apr 2007, a date alone in Brussels: still 29 April in Washington.
2007-04-30T00:00+02:00 -1 | unsigned | - | - | - |
2007-04-29T18:00-04:00    | in-force | - | - | - |
[eu-usa-rowless/eu-usa-rowless]
2007-04-30T00:00+02:00 +1 | in-force | - | - | - |

[nato-1997/nato-1997]
# POL joins later and is not needed; the five others sign on 6 March 1997.
1997-03-06T00:00-05:00 -1 | unsigned | - | - | - |
1997-03-06T00:00-05:00    | signed   | - | - | - |
# Second deposit 17 July 1998 + 30 days = 16 August, in summer time; for both depositors at once.
1998-08-16T00:00-04:00 -1 | signed   | - | - | - |
1998-08-16T00:00-04:00    | in-force | - | - | - |
1998-08-16T00:00-04:00 -1 | signed   | - | - | - | between=USA,GBR
1998-08-16T00:00-04:00    | in-force | - | - | - | between=GBR,USA
# The Netherlands 1 Feb 1999 + 30 days = 3 March.
1998-08-16T00:00-04:00    | signed   | - | - | - | between=USA,NLD
1999-03-03T00:00-05:00 -1 | signed   | - | - | - | between=GBR,NLD
1999-03-03T00:00-05:00    | in-force | - | - | - | between=GBR,NLD
# Poland's accession of 15 Oct 1999 counts like a deposit (article 7): + 30 days = 14 November, in winter time.
1999-10-15T11:00-04:00 -1 | unsigned | - | - | - | between=USA,POL
1999-11-14T00:00-05:00 -1 | no       | - | - | - | between=USA,POL
1999-11-14T00:00-05:00    | in-force | - | - | - | between=USA,POL
# Portugal 31 Jan 2000 + 30 days = 1 March of a leap year; the pair waits for the later of the two.
2000-03-01T00:00-05:00 -1 | no       | - | - | - | between=PRT,POL
2000-03-01T00:00-05:00    | in-force | - | - | - | between=PRT,POL
# Iceland signed and never deposited.
2010-01-01T00:00Z         | signed   | - | - | - | between=USA,ISL
# Portugal's denunciation, received 31 Oct 2005: the year ends with 31 Oct 2006. It touches its own pairs only.
2005-10-31T09:00-05:00 -1 | in-force | - | - | - | between=USA,PRT
2005-10-31T09:00-05:00    | notice-given | 2006-11-01T00:00-05:00 | = | - | between=USA,PRT
2005-10-31T09:00-05:00    | in-force | - | - | - | between=USA,GBR
2005-10-31T09:00-05:00    | in-force | - | - | - |
2006-11-01T00:00-05:00 -1 | notice-given | 2006-11-01T00:00-05:00 | = | - | between=PRT,POL
2006-11-01T00:00-05:00    | lapsed   | 2006-11-01T00:00-05:00 | = | - | between=PRT,POL
2006-11-01T00:00-05:00    | in-force | - | - | - |
[nato-1997/nato-1952]
# Superseded pair by pair, at the instant the newer text is in force for both of the pair; not revived by a denunciation.
1952-04-19T00:00-05:00 -1 | unsigned | - | - | - |
1952-04-19T00:00-05:00    | in-force | - | - | - |
1998-08-16T00:00-04:00 -1 | in-force | - | - | - | between=USA,GBR
1998-08-16T00:00-04:00    | lapsed   | 1998-08-16T00:00-04:00 | = | - | between=USA,GBR
1998-08-16T00:00-04:00    | in-force | - | - | - | between=USA,NLD
1999-03-03T00:00-05:00    | lapsed   | 1999-03-03T00:00-05:00 | = | - | between=USA,NLD
2007-01-01T00:00Z         | lapsed   | 2000-03-01T00:00-05:00 | = | - | between=USA,PRT
2010-01-01T00:00Z         | in-force | - | - | - | between=USA,ISL
2010-01-01T00:00Z         | yes      | ? | ? | ? |

[tlp-community/tlp-community]
# Two of three founders are not all; the third signs on 3 August. The fourth joins later.
2022-08-03T12:00Z -1 | unsigned | - | - | - |
2022-08-03T12:00Z    | in-force | - | - | - |
2022-08-03T12:00Z    | in-force | - | - | - | between=alpine-cert,harbour-bank
2023-01-10T08:00Z -1 | no       | - | - | - | between=alpine-cert,north-grid
2023-01-10T08:00Z    | in-force | - | - | - | between=alpine-cert,north-grid
# Who leaves has left at once, for itself; the whole lasts while two remain, until coast-csirt leaves alpine-cert alone.
2024-05-01T10:00Z -1 | in-force | - | - | - | between=alpine-cert,harbour-bank
2024-05-01T10:00Z    | lapsed   | 2024-05-01T10:00Z | = | - | between=alpine-cert,harbour-bank
2024-05-01T10:00Z    | in-force | - | - | - | between=alpine-cert,coast-csirt
2024-06-01T00:00Z    | in-force | - | - | - |
2024-07-01T00:00Z -1 | in-force | - | - | - |
2024-07-01T00:00Z    | lapsed   | 2024-07-01T00:00Z | = | - |

[health-dua/health-dua]
# Fixed until 30 June 2024, no renewal: the end is known from the start.
2021-07-01T12:00-04:00 -1 | unsigned | - | - | - |
2021-07-01T12:00-04:00    | in-force | 2024-06-30T00:00-04:00 | = | - |
# The amendment of 15 May 2024 moves the date by a year, from its own instant.
2024-05-15T10:00-04:00 -1 | in-force | 2024-06-30T00:00-04:00 | = | - |
2024-05-15T10:00-04:00    | in-force | 2025-06-30T00:00-04:00 | = | - |
2024-06-30T00:00-04:00    | in-force | 2025-06-30T00:00-04:00 | = | - |
# It was recorded on 20 May 09:00: who knows less sees the old date bind by itself.
2024-06-30T00:00-04:00 -1 | in-force | 2024-06-30T00:00-04:00 | = | - | known_by=2024-05-20T13:00Z-1
2024-06-30T00:00-04:00    | lapsed   | 2024-06-30T00:00-04:00 | = | - | known_by=2024-05-20T13:00Z-1
2024-06-30T00:00-04:00    | in-force | 2025-06-30T00:00-04:00 | = | - | known_by=2024-05-20T13:00Z
2025-06-30T00:00-04:00 -1 | in-force | 2025-06-30T00:00-04:00 | = | - |
2025-06-30T00:00-04:00    | lapsed   | 2025-06-30T00:00-04:00 | = | - |
[health-dua/health-dua-given-up]
# Notice received 31 Jan 2023: thirty days end with 2 March, so the end is 3 March 00:00.
2023-01-31T15:00-05:00 -1 | in-force     | 2024-06-30T00:00-04:00 | = | - |
2023-01-31T15:00-05:00    | notice-given | 2023-03-03T00:00-05:00 | = | - |
2023-03-03T00:00-05:00 -1 | notice-given | 2023-03-03T00:00-05:00 | = | - |
2023-03-03T00:00-05:00    | lapsed       | 2023-03-03T00:00-05:00 | = | - |
[health-dua/health-dua-overdue]
# Thirty days from 20 June end after the retention date, which binds first; the amendment of 10 July revives nothing.
2024-06-20T09:00-04:00    | yes    | 2024-06-30T00:00-04:00 | = | - |
2024-06-30T00:00-04:00 -1 | yes    | 2024-06-30T00:00-04:00 | = | - |
2024-06-30T00:00-04:00    | lapsed | 2024-06-30T00:00-04:00 | = | - |
2024-07-10T10:00-04:00    | lapsed | 2024-06-30T00:00-04:00 | = | - |

[aus-jpn-2012/aus-jpn-2012]
# Notes exchanged on 26 March 2013, a date alone in Sydney, which was then on summer time.
2012-05-17T00:00+10:00    | signed   | - | - | - |
2013-03-26T00:00+11:00 -1 | signed   | - | - | - |
2013-03-26T00:00+11:00    | in-force | - | - | - |

[aut-fra-2008/aut-fra-2008]
# The last note, of 31 March, arrived on 22 April 2009: 1 June, not 1 May.
2009-05-01T00:00+02:00    | signed   | - | - | - |
2009-06-01T00:00+02:00 -1 | signed   | - | - | - |
2009-06-01T00:00+02:00    | in-force | - | - | - |

[fvey-like/usa-gbr-rel]
# In force by an instrument of its own, 1 April 2015, a date alone in Washington.
2015-03-02T10:00-05:00 -1 | unsigned | - | - | - |
2015-03-02T10:00-05:00    | signed   | - | - | - |
2015-04-01T00:00-04:00 -1 | signed   | - | - | - |
2015-04-01T00:00-04:00    | in-force | - | - | - |
"""

CLOCK = """
[leap/leap]
# Counted from 29 Feb 2020, each year from the first day: 28 Feb 2021, 2022, 2023, then 29 Feb 2024, 28 Feb 2025.
2020-02-29T09:00Z    | in-force | 2021-02-28T00:00Z | - | 2020-11-30T00:00Z |
2020-11-30T00:00Z -1 | in-force | 2021-02-28T00:00Z | - | 2020-11-30T00:00Z |
2020-11-30T00:00Z    | in-force | 2022-02-28T00:00Z | - | 2021-11-30T00:00Z |
2022-11-30T00:00Z -1 | in-force | 2023-02-28T00:00Z | - | 2022-11-30T00:00Z |
# Ninety days before 29 Feb 2024 is 1 December 2023.
2022-11-30T00:00Z    | in-force | 2024-02-29T00:00Z | - | 2023-12-01T00:00Z |
2023-12-01T00:00Z    | in-force | 2025-02-28T00:00Z | - | 2024-11-30T00:00Z |

[late-notice/late-before]
# Ninety days before 23 Nov 2019 is 25 Aug; strictly before it counts for this term.
2019-08-25T00:00Z -1 | notice-given | 2019-11-23T00:00Z | = | - |
2019-08-25T00:00Z    | notice-given | 2019-11-23T00:00Z | = | - |
2019-11-23T00:00Z -1 | notice-given | 2019-11-23T00:00Z | = | - |
2019-11-23T00:00Z    | lapsed       | 2019-11-23T00:00Z | = | - |
[late-notice/late-at]
# At the deadline is not before it: next term.
2019-08-25T00:00Z -1 | in-force     | 2019-11-23T00:00Z | - | 2019-08-25T00:00Z |
2019-08-25T00:00Z    | notice-given | 2020-11-23T00:00Z | = | - |
2019-11-23T00:00Z    | notice-given | 2020-11-23T00:00Z | = | - |
2020-11-23T00:00Z -1 | notice-given | 2020-11-23T00:00Z | = | - |
2020-11-23T00:00Z    | lapsed       | 2020-11-23T00:00Z | = | - |
[late-notice/late-after]
# At the deadline itself there is no notice yet and the term has moved on.
2019-08-25T00:00Z    | in-force     | 2020-11-23T00:00Z | - | 2020-08-25T00:00Z |
2019-08-25T00:00Z +1 | notice-given | 2020-11-23T00:00Z | = | - |
2020-11-23T00:00Z    | lapsed       | 2020-11-23T00:00Z | = | - |
[late-notice/late-receipt]
# Sent on 24 Aug, received on 27 Aug; receipt counts: next term.
2019-08-27T09:00Z -1 | in-force     | 2020-11-23T00:00Z | - | 2020-08-25T00:00Z |
2019-08-27T09:00Z    | notice-given | 2020-11-23T00:00Z | = | - |
[late-notice/late-sending]
# The same two dates where sending counts: this term.
2019-08-27T09:00Z    | notice-given | 2019-11-23T00:00Z | = | - |
2019-11-23T00:00Z    | lapsed       | 2019-11-23T00:00Z | = | - |

[revived/revived-early]
# Suspended from 10 Sep: no date binds alpha; for beta the notice counts as not given, and 25 Aug has passed unused.
2019-09-10T06:00Z -1 | notice-given     | 2019-11-23T00:00Z | = | - | reading=beta
2019-09-10T06:00Z    | notice-suspended | - | - | - | reading=alpha
2019-09-10T06:00Z    | notice-suspended | 2020-11-23T00:00Z | - | 2020-08-25T00:00Z | reading=beta
# Revived 1 Oct: for alpha at its own end; for beta as if given then, after the deadline, so a year later.
2019-10-01T06:00Z    | notice-given | 2019-11-23T00:00Z | = | - | reading=alpha
2019-10-01T06:00Z    | notice-given | 2020-11-23T00:00Z | = | - | reading=beta
2019-11-23T00:00Z -1 | notice-given | 2019-11-23T00:00Z | = | - | reading=alpha
2019-11-23T00:00Z    | lapsed       | 2019-11-23T00:00Z | = | - | reading=alpha
2019-11-23T00:00Z    | notice-given | 2020-11-23T00:00Z | = | - | reading=beta
2020-11-23T00:00Z    | lapsed       | 2020-11-23T00:00Z | = | - | reading=beta
[revived/revived-in-time]
# Revived on 1 July, before 25 Aug: both readings end it with this term.
2019-07-01T06:00Z -1 | notice-suspended | 2019-11-23T00:00Z | - | 2019-08-25T00:00Z | reading=beta
2019-07-01T06:00Z    | notice-given | 2019-11-23T00:00Z | = | - | reading=alpha
2019-07-01T06:00Z    | notice-given | 2019-11-23T00:00Z | = | - | reading=beta
2019-11-23T00:00Z    | lapsed       | 2019-11-23T00:00Z | = | - | reading=beta
[revived/revived-late]
# The own end of 23 Nov 2019 is long past when the suspension alone goes on 21 March 2023: for alpha it ends at once;
# for beta it is given then, before 25 Aug 2023, and ends with the term on 23 Nov 2023.
2023-03-21T02:00Z -1 | notice-suspended | - | - | - | reading=alpha
2023-03-21T02:00Z    | lapsed       | 2023-03-21T02:00Z | = | - | reading=alpha
2023-03-21T02:00Z -1 | notice-suspended | 2023-11-23T00:00Z | - | 2023-08-25T00:00Z | reading=beta
2023-03-21T02:00Z    | notice-given | 2023-11-23T00:00Z | = | - | reading=beta
2023-11-23T00:00Z -1 | notice-given | 2023-11-23T00:00Z | = | - | reading=beta
2023-11-23T00:00Z    | lapsed       | 2023-11-23T00:00Z | = | - | reading=beta
2024-01-01T00:00Z    | lapsed       | 2023-03-21T02:00Z | = | - |

[both-withdrawn/both-withdrawn]
# Both withdrawn at once: the yearly clock from 23 Nov 2016, as if neither had been.
2019-11-22T08:30Z -1 | notice-given     | 2019-11-23T00:00Z | = | - | reading=alpha
2019-11-22T08:30Z    | notice-suspended | 2020-11-23T00:00Z | - | 2020-08-25T00:00Z | reading=beta
2022-08-25T00:00Z -1 | notice-suspended | 2022-11-23T00:00Z | - | 2022-08-25T00:00Z | reading=beta
2022-08-25T00:00Z    | notice-suspended | 2023-11-23T00:00Z | - | 2023-08-25T00:00Z | reading=beta
2023-03-21T02:00Z -1 | notice-suspended | - | - | - | reading=alpha
2023-03-21T02:00Z    | in-force | 2023-11-23T00:00Z | - | 2023-08-25T00:00Z | reading=alpha
2023-03-21T02:00Z    | in-force | 2023-11-23T00:00Z | - | 2023-08-25T00:00Z | reading=beta
[both-withdrawn/notice-withdrawn]
# Withdrawn on 1 Oct 2019; the deadline of 25 Aug has passed, so it runs to 2020.
2019-10-01T06:00Z -1 | notice-given | 2019-11-23T00:00Z | = | - |
2019-10-01T06:00Z    | in-force | 2020-11-23T00:00Z | - | 2020-08-25T00:00Z |

[too-late/suspended-last-ns]
2019-11-23T00:00Z -1 | notice-suspended | 2020-11-23T00:00Z | - | 2020-08-25T00:00Z | reading=beta
2019-11-23T00:00Z    | notice-suspended | - | - | - | reading=alpha
[too-late/suspended-at-end]
# At the end it has ended: valid without effect.
2019-11-23T00:00Z -1 | notice-given | 2019-11-23T00:00Z | = | - | reading=alpha
2019-11-23T00:00Z    | lapsed | 2019-11-23T00:00Z | = | - | reading=alpha
2019-11-23T00:00Z +1 | lapsed | 2019-11-23T00:00Z | = | - | reading=beta
[too-late/withdrawn-at-end]
2019-11-23T00:00Z    | lapsed | 2019-11-23T00:00Z | = | - | reading=alpha
2020-01-01T00:00Z    | lapsed | 2019-11-23T00:00Z | = | - | reading=beta

[no-notice-clause/no-notice-clause]
# No clause on notice: one ends it at once, at its own instant.
2020-06-15T13:45:30.5Z -1 | in-force | - | - | - |
2020-06-15T13:45:30.5Z    | lapsed   | 2020-06-15T13:45:30.5Z | = | - |
[no-notice-clause/yearly-no-notice]
2021-03-01T12:00Z -1 | yes    | ? | ? | - |
2021-03-01T12:00Z    | lapsed | 2021-03-01T12:00Z | = | - |

[fixed-no-renewal/fixed-no-renewal]
# Eighteen months from 31 Aug 2018: 31 Feb 2020, clamped to 29 Feb.
2018-08-31T15:00Z    | in-force | 2020-02-29T00:00Z | = | - |
2020-02-29T00:00Z -1 | in-force | 2020-02-29T00:00Z | = | - |
2020-02-29T00:00Z    | lapsed   | 2020-02-29T00:00Z | = | - |
[fixed-no-renewal/fixed-until]
# Until 1 March: the first instant of that day in Tokyo, still February in UTC.
2021-02-28T15:00Z -1 | in-force | 2021-03-01T00:00+09:00 | = | - |
2021-02-28T15:00Z    | lapsed   | 2021-03-01T00:00+09:00 | = | - |

[re-entry/again-signed]
# Thirty days before 15 Jan 2019 is 16 Dec 2018. After the lapse a new signature starts a new clock.
2018-01-15T10:00Z    | in-force     | 2019-01-15T00:00Z | - | 2018-12-16T00:00Z |
2018-03-30T10:00Z    | notice-given | 2019-01-15T00:00Z | = | - |
2019-01-15T00:00Z    | lapsed       | 2019-01-15T00:00Z | = | - |
2019-06-30T10:00Z -1 | lapsed       | 2019-01-15T00:00Z | = | - |
2019-06-30T10:00Z    | in-force     | 2020-06-30T00:00Z | - | 2020-05-31T00:00Z |
[re-entry/again-in-force]
2018-01-15T00:00Z -1 | signed       | - | - | - |
2018-01-15T00:00Z    | in-force     | 2019-01-15T00:00Z | - | 2018-12-16T00:00Z |
2019-06-30T00:00Z -1 | lapsed       | 2019-01-15T00:00Z | = | - |
2019-06-30T00:00Z    | in-force     | 2020-06-30T00:00Z | - | 2020-05-31T00:00Z |

[new-york/spring]
# Five years from 10 March 2019 (summer time) to 10 March 2024, which begins in winter time: 05:00Z, not 04:00Z.
2019-03-10T12:00-04:00    | in-force     | 2024-03-10T05:00Z | - | 2023-12-11T05:00Z |
2023-12-10T23:59:59-05:00 | notice-given | 2024-03-10T05:00Z | = | - |
2024-03-10T05:00Z -1      | notice-given | 2024-03-10T05:00Z | = | - |
2024-03-10T05:00Z         | lapsed       | 2024-03-10T05:00Z | = | - |
[new-york/autumn]
# A month from 4 Oct 2018 ends with 4 November, a day of twenty-five hours: 5 November 00:00 in winter time.
2018-10-04T12:00-04:00    | notice-given | 2018-11-05T05:00Z | = | - |
2018-11-05T05:00Z -1      | notice-given | 2018-11-05T05:00Z | = | - |
2018-11-05T05:00Z         | lapsed       | 2018-11-05T05:00Z | = | - |

[hole/hole]
# 4 November 2018 began at 01:00-02:00 in Sao Paulo, which is 03:00Z; ninety days before is 6 August.
2017-11-04T10:00-02:00    | in-force     | 2018-11-04T03:00Z | - | 2018-08-06T00:00-03:00 |
2018-08-01T12:00-03:00    | notice-given | 2018-11-04T03:00Z | = | - |
2018-11-04T03:00Z -1      | notice-given | 2018-11-04T03:00Z | = | - |
2018-11-04T03:00Z         | lapsed       | 2018-11-04T03:00Z | = | - |
[hole/hole-passed]
# Summer time was given up in 2019: 4 November 2019 begins at 00:00-03:00.
2018-08-06T03:00Z         | in-force | 2019-11-04T00:00-03:00 | - | 2019-08-06T00:00-03:00 |
[hole/hole-dated]
2018-11-04T03:00Z -1      | unsigned | - | - | - |
2018-11-04T01:00-02:00    | in-force | 2019-11-04T00:00-03:00 | - | 2019-08-06T00:00-03:00 |

[month-end/from-31-august]
# 31 Aug 2018 + six months = 28 Feb 2019, the last day.
2018-08-31T10:00Z    | notice-given | 2019-03-01T00:00Z | = | - |
2019-03-01T00:00Z -1 | notice-given | 2019-03-01T00:00Z | = | - |
2019-03-01T00:00Z    | lapsed       | 2019-03-01T00:00Z | = | - |
[month-end/from-30-august]
# 30 Aug + six months is 28 Feb too: the same end, not a day less.
2019-03-01T00:00Z -1 | notice-given | 2019-03-01T00:00Z | = | - |
2019-03-01T00:00Z    | lapsed       | 2019-03-01T00:00Z | = | - |
[month-end/from-29-february]
# 29 Feb + six months = 29 Aug 2020, the last day.
2020-08-30T00:00Z -1 | notice-given | 2020-08-30T00:00Z | = | - |
2020-08-30T00:00Z    | lapsed       | 2020-08-30T00:00Z | = | - |
[month-end/from-seoul-midnight]
# Received at 15 Jan 00:00 in Seoul, 14 Jan in UTC; Seoul's day counts: the end is 16 July there.
2020-01-14T15:00Z         | notice-given | 2020-07-16T00:00+09:00 | = | - |
2020-07-16T00:00+09:00 -1 | notice-given | 2020-07-16T00:00+09:00 | = | - |
2020-07-16T00:00+09:00    | lapsed       | 2020-07-16T00:00+09:00 | = | - |
[month-end/from-sydney]
# 31 Oct 2019 (summer time) + six months = 30 April 2020 (clamped); 1 May begins in winter time.
2020-05-01T00:00+10:00 -1 | notice-given | 2020-05-01T00:00+10:00 | = | - |
2020-05-01T00:00+10:00    | lapsed       | 2020-05-01T00:00+10:00 | = | - |

[first-of-month/local-month]
# Signed on 1 December in Vienna: the second month after is February, though it was still November in UTC.
2020-01-01T00:00+01:00    | signed   | - | - | - |
2020-02-01T00:00+01:00 -1 | signed   | - | - | - |
2020-02-01T00:00+01:00    | in-force | - | - | - |
[first-of-month/next-year]
# The last nanosecond of the year in Vienna; the next month begins the next nanosecond, and the year counts from it.
2020-01-01T00:00+01:00 -1 | signed   | - | - | - |
2020-01-01T00:00+01:00    | in-force | 2021-01-01T00:00+01:00 | - | 2020-10-03T00:00+02:00 |

[delivered/delivered]
# All have signed on 26 Dec; the depositary need not deliver; the last paper of the others comes on 29 Dec.
2014-12-26T10:00Z    | signed   | - | - | - |
2014-12-29T05:00Z -1 | signed   | - | - | - |
2014-12-29T05:00Z    | in-force | - | - | - |
[delivered/signed-last]
# The papers are there, a signature is not.
2014-12-30T10:00Z -1 | unsigned | - | - | - |
2014-12-30T10:00Z    | in-force | - | - | - |

[counted-date/counted-date]
# The later date on the notes is 10 April, though the other arrived last, on 5 May.
2020-05-05T12:00Z    | in-force | 2021-04-10T00:00Z | - | 2021-01-10T00:00Z |
[counted-date/counted-receipt]
# Ninety days before 5 May 2021 is 4 February.
2020-05-05T12:00Z -1 | signed   | - | - | - |
2020-05-05T12:00Z    | in-force | 2021-05-05T00:00Z | - | 2021-02-04T00:00Z |
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One question and the answer derived by hand."""

    dossier: str
    agreement: str
    at: Instant
    state: str
    expected: tuple[str, str, str]
    reading: str | None = None
    known_by: Instant | None = None
    between: tuple[str, str] | None = None


def moment(text: str) -> Instant:
    """An instant with an optional `-1` or `+1` nanosecond behind it."""
    for sign in ("-1", "+1"):
        if text.endswith((f" {sign}", f"Z{sign}")):
            return parse_instant(text.removesuffix(sign).strip()).plus(int(sign))
    return parse_instant(text)


def rows(table: str) -> Iterator[object]:
    """The rows of a table, each named for its question."""
    dossier = agreement = ""
    for line in filter(None, map(str.strip, table.splitlines())):
        if line.startswith("["):
            dossier, agreement = line.strip("[]").split("/")
        elif not line.startswith("#"):
            when, state, term_end, ends_at, deadline, *terms = (cell.strip() for cell in line.split("|"))
            asked = dict(term.split("=") for term in " ".join(terms).split())
            first, _, second = asked.get("between", "").partition(",")
            known_by = moment(asked["known_by"]) if "known_by" in asked else None
            expected = (term_end, term_end if ends_at == "=" else ends_at, deadline)
            pair = (first, second) if second else None
            row = Row(dossier, agreement, moment(when), state, expected, asked.get("reading"), known_by, pair)
            yield pytest.param(row, id=" ".join((agreement, when, *filter(None, terms))))


@cache
def dossier_of(name: str) -> Dossier:
    """Each dossier is loaded once."""
    return load_dossier(VARIANTS / name)


@pytest.mark.parametrize("row", [*rows(REAL), *rows(CLOCK)])
def test_the_standing_is_what_the_text_says(row: Row) -> None:
    standing = dossier_of(row.dossier).standing(
        row.agreement, row.at, reading=row.reading, known_by=row.known_by, between=row.between
    )
    if row.state in STATES:
        assert standing.state == row.state
    assert standing.in_force == STATES.get(row.state, row.state == "yes")
    for said, meant in zip((standing.term_end, standing.ends_at, standing.notice_deadline), row.expected, strict=True):
        if meant != "?":
            assert said == (None if meant == "-" else parse_instant(meant))
    assert standing.grounds
    assert all(ground.article and ground.says for ground in standing.grounds)


@pytest.mark.parametrize("name", sorted(path.name for path in VARIANTS.iterdir() if path.name not in BROKEN))
def test_every_dossier_loads_and_every_agreement_of_it_is_asked(name: str) -> None:
    asked = {f"[{name}/{agreement}]" for agreement in dossier_of(name).agreements}
    assert asked <= set((REAL + CLOCK).splitlines())


@pytest.mark.parametrize(
    ("dossier", "agreement", "when", "article", "instrument"),
    [
        ("swiss-5y", "swiss-5y", "2023-08-31T00:00+02:00", "15(2)", "notice"),
        ("aut-cyp-2014", "aut-cyp-2014", "2020-03-01T00:00+01:00", "14(1), 14(3)", "notice"),
        ("too-late", "suspended-at-end", "2019-11-23T00:00Z", "2", "notice"),
    ],
)
def test_a_lapse_names_the_article_on_its_term_and_the_notice(
    dossier: str, agreement: str, when: str, article: str, instrument: str
) -> None:
    grounds = dossier_of(dossier).standing(agreement, parse_instant(when)).grounds
    assert (article, instrument) in {(ground.article, ground.instrument) for ground in grounds}


@pytest.mark.parametrize("agreement", ["health-dua", "health-dua-overdue"])
def test_an_amended_text_is_named_by_the_digest_of_its_bytes(agreement: str) -> None:
    folder = VARIANTS / "health-dua"
    digest = hashlib.sha256((folder / "agreements" / f"{agreement}@2.yaml").read_bytes()).hexdigest()
    assert f"sha256:{digest}" in (folder / "records" / f"{agreement}.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("file", ["health-dua.yaml", "health-dua@2.yaml"])
def test_a_text_that_was_touched_after_it_was_signed_is_refused(file: str, tmp_path: Path) -> None:
    copy = shutil.copytree(VARIANTS / "health-dua", tmp_path / "dossier")
    text = copy / "agreements" / file
    text.write_text(text.read_text(encoding="utf-8") + "# touched\n", encoding="utf-8")
    with pytest.raises(ReltoError, match="health-dua"):
        load_dossier(copy)


def test_a_row_that_lacks_a_party_and_treats_it_as_nothing_is_an_error_with_its_place() -> None:
    with pytest.raises(ReltoError) as caught:
        load_dossier(VARIANTS / "invalid-hole")
    message = str(caught.value)
    assert "invalid-hole.yaml:13" in message
    assert "beta" in message
