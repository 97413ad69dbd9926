# Geweigerde aanvragen (error-), geweigerde velden (violation-) en wachtwoordregels (rule-).

## Fouten, één per reden

error-INVALID_FIELDS = Sommige gegevens ontbreken of zijn niet juist. Verbeter de aangeduide velden en probeer opnieuw.
error-PASSWORD_RULES = Dit wachtwoord voldoet niet aan alle regels. Kies een ander wachtwoord.
error-EMAIL_NOT_USERNAME = U hebt een e-mailadres ingetypt. Typ in de plaats uw gebruikersnaam: u vindt die onderaan de e-mail die we u hebben gestuurd.
error-BAD_CREDENTIALS = Het aanmelden is niet gelukt. Controleer uw gebruikersnaam en uw wachtwoord en probeer opnieuw. Lukt het nog altijd niet, vraag dan een nieuw wachtwoord.
error-WRONG_CODE = Deze code klopt niet of is al gebruikt. Wacht op de volgende code van uw app en probeer opnieuw.
error-WRONG_PASSWORD = Het huidige wachtwoord klopt niet. Controleer het en probeer opnieuw.
error-TOKEN_INVALID = Uw sessie is niet geldig. Meld u opnieuw aan.
error-TOKEN_EXPIRED = Uw sessie is verlopen. Meld u opnieuw aan.
error-TOKEN_REUSED = Voor uw veiligheid werd uw sessie afgesloten, omdat ze twee keer werd gebruikt. Meld u opnieuw aan.
error-FORBIDDEN = U mag dit niet doen. Vraag hulp aan de persoon die de accounts beheert.
error-NOT_FOUND = We hebben niet gevonden wat u zoekt. Controleer uw aanvraag.
error-RESET_CODE_INVALID = Deze link, deze code of het opgegeven e-mailadres is niet geldig. Controleer wat u hebt ingevuld of vraag een nieuwe link.
error-STATE = Dit kan niet in de huidige toestand. Vernieuw de pagina om te zien wat er gewijzigd is.
error-USERNAME_TAKEN = Deze gebruikersnaam is al in gebruik. Kies een andere.
error-EXTERNAL_ID_TAKEN = Dit externe id is al in gebruik. Ga na of het om hetzelfde account gaat.
error-ETAG_MISMATCH = Iemand anders heeft deze gegevens intussen gewijzigd. Laad ze opnieuw en voer uw wijziging nog eens uit.
error-THROTTLED = Er waren te veel pogingen. Wacht even en probeer dan opnieuw.
error-OVERLOADED = Er melden zich nu veel mensen aan. Probeer het over enkele seconden opnieuw.
error-STORE_UNAVAILABLE = De dienst is op dit moment niet beschikbaar. Probeer het over enkele minuten opnieuw.
error-INTERNAL = Er ging bij ons iets mis. Probeer het over enkele minuten opnieuw; blijft het gebeuren, verwittig dan de persoon die de accounts beheert.

## Geweigerde velden, één tekst per reden

violation-REQUIRED = Dit veld is verplicht.
violation-TOO_LONG =
    { $max ->
        [one] Dit veld is te lang: hoogstens { $max } teken.
       *[other] Dit veld is te lang: hoogstens { $max } tekens.
    }
violation-FORBIDDEN_CHARACTER = Dit veld bevat een teken dat niet toegelaten is.
violation-MIXED_SCRIPTS = Dit veld mengt letters uit verschillende alfabetten die op elkaar lijken. Gebruik er maar één.
violation-RESERVED = Deze naam is gereserveerd. Kies een andere.
violation-EMAIL_NOT_USERNAME = Gebruik uw gebruikersnaam en niet uw e-mailadres.
violation-INVALID_EMAIL = Dit is geen geldig e-mailadres. Voorbeeld: jan.peeters@school.be
violation-INVALID_ID = Dit is geen geldig id (UUID).
violation-INVALID_LOCALE = Deze taal is niet gekend. Kies fr, en, nl of de.
violation-NOT_ALLOWED = Deze waarde is hier niet toegelaten.
violation-OUT_OF_RANGE = Deze waarde is te klein of te groot.
violation-INVALID_FILTER = Deze filter is niet duidelijk. Controleer hoe hij geschreven is.
violation-INVALID_ORDER = Deze sorteervolgorde is niet duidelijk. Controleer de naam van het veld.
violation-PAGE_TOKEN_INVALID = Deze pagina bestaat niet meer of hoort niet bij de aanvraag. Begin opnieuw bij de eerste pagina.
violation-UNKNOWN_FIELD = Dit veld bestaat niet.
violation-UNKNOWN_VALUE = Deze waarde is niet gekend.
violation-READ_ONLY = Dit veld kan niet worden gewijzigd.
violation-UNKNOWN_FORMAT = Dit formaat wordt niet herkend.
violation-TOO_COSTLY = Deze wachtwoordhash zou te veel rekenwerk vragen. Hij wordt niet aanvaard.
violation-MALFORMED = Deze waarde is niet juist geschreven.
violation-TOO_MANY = Er zijn te veel elementen: hoogstens { $max }.
violation-UNKNOWN_ROLE = Deze rol bestaat niet.
violation-UNKNOWN_INSTITUTION = Deze instelling is niet bekend.
violation-USERNAME_TAKEN = Deze gebruikersnaam is al in gebruik.
violation-EXTERNAL_ID_TAKEN = Dit externe id is al in gebruik.
violation-EMAIL_ELSEWHERE = Een account van een andere instelling heeft dit adres. Ga na of het om dezelfde persoon gaat.
violation-DUPLICATE_ROW = Deze import heeft al een regel van deze persoon gehad.
violation-ACCOUNT_CHANGED = Het account is hier intussen gewijzigd of gebruikt; de regel is niet overgenomen.
violation-INVALID_ENCODING = Dit is geen UTF-8. Bewaar het bestand als UTF-8.
violation-INVALID_JSON = Deze regel is geen JSON-object.

## Wachtwoordregels

rule-MIN_LENGTH =
    { $min ->
        [one] Het wachtwoord moet minstens { $min } teken lang zijn.
       *[other] Het wachtwoord moet minstens { $min } tekens lang zijn.
    }
rule-MAX_LENGTH =
    { $max ->
        [one] Het wachtwoord mag hoogstens { $max } teken lang zijn.
       *[other] Het wachtwoord mag hoogstens { $max } tekens lang zijn.
    }
rule-DIGIT = Het wachtwoord moet minstens één cijfer bevatten ('0'-'9').
rule-DIGIT-example = Tulpje45+
rule-UPPERCASE = Het wachtwoord moet minstens één hoofdletter bevatten ('A'-'Z').
rule-UPPERCASE-example = 123Vlinder*
rule-SPECIAL = Het wachtwoord moet minstens één speciaal teken bevatten.
rule-SPECIAL-example = Cool72++
rule-NOT_COMMON = Het wachtwoord mag geen veelgebruikt wachtwoord zijn dat gemakkelijk te raden is.
rule-NOT_IDENTIFIER = Het wachtwoord mag uw gebruikersnaam of uw e-mailadres niet bevatten.
rule-NOT_PREVIOUS =
    { $max ->
        [one] Het wachtwoord moet verschillen van uw huidige wachtwoord.
       *[other] Het wachtwoord moet verschillen van uw laatste { $max } wachtwoorden.
    }
