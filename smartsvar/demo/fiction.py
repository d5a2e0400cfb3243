"""The demo's people, companies and matters. All invented; numbers from the ranges kept for fiction.

Swedish numbers: 070-1740605…99 and 08-46500400…99 (PTS); British: 07700 900000…999 (Ofcom);
American: 555-0100…0199. The organisation numbers pass the check digit and belong to no series that
is given out. Domains end in .example (RFC 2606).
"""

from dataclasses import dataclass

from customers.actions.accounts import CustomerDetails
from customers.models import Role


@dataclass(frozen=True)
class Person:
    """Somebody who signs in."""

    name: str
    email: str


@dataclass(frozen=True)
class Company:
    """A customer: who it is, who works with it on Mina Sidor, who can be asked for."""

    details: CustomerDetails
    called: str
    people: dict[Role, Person]
    invited: Person
    staff: tuple[tuple[str, str, str, str], ...]  # name, title, keywords, answer notice
    recording_days: int | None
    calls: int
    messages: int

    @property
    def domain(self) -> str:
        return self.details.email.partition("@")[2]


SUPPORT = Person("Sam Stödberg", "sam@support.example")
BOOKKEEPER = Person("Britta Bokström", "britta@bokstroms-redovisning.example")

PLUMBER = Company(
    details=CustomerDetails(
        company_name="Björkdungens Rör & Värme AB",
        organisation_number="555555-5555",
        contact_name="Karin Björkdal",
        phone="+46846500401",
        email="vaxel@bjorkdungen.example",
    ),
    called="+46846500401",
    people={
        Role.ADMINISTRATOR: Person("Karin Björkdal", "karin@bjorkdungen.example"),
        Role.MEMBER: Person("Mats Rörström", "mats@bjorkdungen.example"),
        Role.READER: BOOKKEEPER,
    },
    invited=Person("Ester Exempelsson", "ester@bjorkdungen.example"),
    staff=(
        ("Karin Björkdal", "Verkställande direktör", "avtal, klagomål, press", ""),
        ("Mats Rörström", "Arbetsledare", "akut, läcka, jour", "Nås säkrast före klockan 8."),
        ("Åke Ventilsson", "Rörmokare", "badrum, avlopp", "Ute på jobb, ringer upp efter 15."),
        ("Öyvind Kopparlid", "Rörmokare", "värmepump, bergvärme", ""),
        ("Ärla Packningsdotter", "Rörmokare", "läcka, vattenmätare", "Föräldraledig till mars."),
        ("Nils Flänsberg", "Lärling", "", ""),
        ("Siv Muffström", "Ekonomi", "faktura, betalning, påminnelse", "Månadsbokslut till den 5."),
        ("Rune Sifonsson", "Inköp", "leverantör, order", ""),
        ("Ylva Dropp", "Kundtjänst", "bokning, tider, offert", ""),
        ("Zeb Strålkvist", "Projektledare", "entreprenad, nybygge, offert", "På semester v. 8."),
        ("Cajsa Krankvist", "Kundtjänst", "bokning, rotavdrag", ""),
        ("Émile Rördahl", "Energirådgivare", "värmepump, radiator, energi", ""),
    ),
    recording_days=None,
    calls=30,
    messages=30,
)

DENTIST = Company(
    details=CustomerDetails(
        company_name="Lillsjö Tandvård HB",
        organisation_number="999999-9999",
        contact_name="Göran Gadd",
        phone="+46846500402",
        email="reception@lillsjo-tandvard.example",
    ),
    called="+46846500402",
    people={
        Role.ADMINISTRATOR: Person("Göran Gadd", "goran@lillsjo-tandvard.example"),
        Role.MEMBER: Person("Tove Emaljdotter", "tove@lillsjo-tandvard.example"),
        Role.READER: BOOKKEEPER,
    },
    invited=Person("Folke Fiktivsson", "folke@lillsjo-tandvard.example"),
    staff=(
        ("Göran Gadd", "Tandläkare", "implantat, akut", "Behandlar; ring inte in, ta meddelande."),
        ("Tove Emaljdotter", "Receptionist", "bokning, avbokning, tider", ""),
        ("Ines Oxelbro", "Tandläkare", "barn, tandreglering", ""),
        ("Åsa Kindström", "Tandhygienist", "kontroll, tandsten", "Ledig fredagar."),
        ("Örjan Molarsson", "Tandtekniker", "krona, bro, labb", ""),
        ("Hedda Visdomstand", "Tandsköterska", "sterilisering, beställning", ""),
        ("Pelle Plombin", "Ekonomi", "faktura, försäkringskassan", "Svarar på mejl."),
        ("Ulla Rotfyll", "Tandläkare", "rotfyllning, akut", "Tjänstledig till maj."),
    ),
    recording_days=30,
    calls=18,
    messages=18,
)

COMPANIES = (PLUMBER, DENTIST)

# Who is away, by name: kind, from and until in days from today (None: no end), what is told.
# A part of a day is hours from midnight.
ABSENCES: dict[str, tuple[tuple[str, float, float | None, str], ...]] = {
    "Zeb Strålkvist": (("holiday", -3, 9, ""),),
    "Ärla Packningsdotter": (("parental", -40, None, "Föräldraledig. Mats tar ärendet."),),
    "Nils Flänsberg": (("sick", -1, 2, ""),),
    "Rune Sifonsson": (("travel", 5, 7, "På mässa. Svarar på mejl på kvällen."),),
    "Siv Muffström": (("holiday", 12, 26, ""), ("meeting", 1 + 9 / 24, 1 + 11.5 / 24, "")),
    "Ines Oxelbro": (("holiday", -1, 6, "På semester. Göran tar akuta tider."),),
    "Ulla Rotfyll": (("other", -30, None, "Tjänstledig till maj."),),
    "Tove Emaljdotter": (("lunch", 1 + 12 / 24, 1 + 13 / 24, ""),),
}

# name, company, number; "" is withheld
CALLERS: tuple[tuple[str, str, str], ...] = (
    ("Alva Påhittström", "", "+46701740610"),
    ("Birger Låtsasson", "Låtsassons Måleri", "+46701740621"),
    ("Cornelia Diktén", "", "+46701740632"),
    ("Dag Sagolund", "Brf Sagolunden", "+46846500411"),
    ("Ebba Fabelius", "", "+46701740643"),
    ("Fingal Exempelmark", "Exempelmark Fastigheter AB", "+46846500422"),
    ("", "", ""),
    ("Gerda Skenberg", "", "+46701740654"),
    ("Harriet Mockup", "Mockup Interiors Ltd", "+447700900123"),
    ("Ivar Overkligh", "", "+46701740665"),
    ("", "", ""),
    ("Jorun Attrapp", "Attrapp & Co", "sip:jorun@attrapp.example"),
    ("Klas Fingeradh", "", "+46701740676"),
    ("Lova Myténius", "Myténius Bygg AB", "+46846500433"),
    ("Max Placeholder", "Placeholder Inc.", "+12125550142"),
    ("Noomi Simulén", "", "+46701740687"),
)

NOTES: tuple[str, ...] = (
    "Ringde upp och kom överens om en tid.",
    "Inget svar, försöker igen i eftermiddag.",
)

MATTERS: tuple[str, ...] = (
    "Undrar om tiden på torsdag kan flyttas till veckan därpå. Vill bli uppringd före lunch.",
    "Har fått en påminnelse på en faktura som redan är betald. Betalningen gjordes den 3:e.",
    "Vill ha en offert. Har ritningar att skicka, mejla gärna tillbaka vart de ska.",
    "Det är vatten på golvet i källaren. Har stängt av huvudkranen och väntar på besked.",
    "Tackar för ett väl utfört arbete i går och vill boka en ny tid i höst.",
    "Söker den som ansvarar för avtalet. Ringer igen i morgon om ingen hör av sig.",
    "Leveransen kommer på fredag mellan 7 och 9. Någon måste ta emot den.",
    "Barnet har slagit i framtanden. Undrar om det går att få en akut tid redan i dag.",
    "Vill avboka tiden i morgon på grund av sjukdom.",
    "Frågar vad det kostar med kvällstid, och om det går att betala i delar.",
    "Nyckeln är upphämtad. Koden till porten är ändrad, ring så lämnas den muntligt.",
    "Ville inte säga vad det gäller. Bad att bli uppringd efter klockan 16.",
)

# Requests: right, caller's number ("" is the whole account), words, days ago. Support has granted
# the first, refused the second and taken more time for the third.
DATED: tuple[tuple[str, str, str, int], ...] = (
    ("access", "+46701740643", "Uppringaren vill veta vad som sparats om henne.", 60),
    ("erasure", "+46846500411", "Föreningen vill att allt om den raderas.", 45),
    ("objection", "+46701740632", "Uppringaren vill inte att samtalen spelas in.", 24),
    ("rectification", "", "Vår kontaktperson har bytt efternamn.", 26),
    ("access", "+46701740654", "Vill ha en kopia av samtalet om offerten.", 2),
)
ANSWERS = {
    "identity": "Inloggad på Mina Sidor, och uppringd på kundens växelnummer",
    "granted": "Uppgifterna finns som utdrag under Integritet på Mina Sidor.",
    "granted ground": "Artikel 15 i GDPR. Inget har undantagits.",
    "refused": "Samtalen och meddelandena raderas när deras tid är ute, inte tidigare.",
    "refused ground": "Artikel 17.3 e i GDPR: de behövs i tvisten om fakturan från i våras.",
    "longer": "Uppringaren förekommer i många samtal, som måste gås igenom ett för ett.",
}
REASON_TO_LISTEN = "Ljudet bryts efter en halv minut. Är det växeln eller inspelningen?"
SIGNERS_TITLE = "Verkställande direktör"
RESTRICTED = ("+46701740665", "Uppringaren bestrider vad som står i meddelandet.")

# by purpose: company, organisation number, domain
SUBPROCESSORS = {
    "hosting": ("Fjällhallens Servrar AB", "555555-5555", "fjallhallen.example"),
    "storage": ("Bergrummets Lager AB", "555555-5555", "bergrummet.example"),
    "mail": ("Brevduvans Post AB", "555555-5555", "brevduvan.example"),
}
ANNOUNCED = ("Kometbrevs Utskick AB", "555555-5555", "kometbrev.example")  # to send mail too
