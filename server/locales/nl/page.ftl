# De pagina's.

## Gemeenschappelijk

page-skip = Naar de inhoud
page-languages = Taal
page-expired-form = Dit formulier is verlopen. Controleer wat u hebt getypt en verstuur het opnieuw.
page-throttled = Er zijn te veel pogingen geweest. Probeer opnieuw over { $wait }.
page-offline = U bent niet met het internet verbonden. Wat u hebt getypt, blijft staan: probeer opnieuw zodra u weer online bent.
page-slow = De dienst doet er te lang over om te antwoorden. Wat u hebt getypt, blijft staan: probeer zo meteen opnieuw.
page-show = Tonen
page-hide = Verbergen
page-show-password = Wachtwoord tonen
page-hide-password = Wachtwoord verbergen
page-caps-lock = Caps Lock staat aan.
page-username-label = Gebruikersnaam
page-email-label = E-mailadres
page-password-label = Wachtwoord
page-back = Terug naar aanmelden

## Aanmelden

page-login-title = Aanmelden bij { $app }
page-login-hint = Uw gebruikersnaam is niet uw e-mailadres. U vindt hem onderaan de e-mail die wij u hebben gestuurd.
page-login-button = Aanmelden
page-login-forgot = Wachtwoord vergeten
page-login-old-title = Gebruikte u { $app } vroeger al?
page-login-old = Er is een nieuw, veiliger aanmeldsysteem. Uw account is waarschijnlijk al gemigreerd: u hoeft alleen nog een nieuw wachtwoord te kiezen.
page-login-old-link = Een e-mail ontvangen om mijn wachtwoord te kiezen
page-challenge-label = Code
page-challenge-hint = De zes cijfers die uw authenticator-app toont, of een van uw herstelcodes.
page-challenge-lost = Hebt u de app noch een code? Wie de accounts in uw school of instelling beheert, kan u helpen.
page-challenge-button = Doorgaan
page-challenge-again = Opnieuw beginnen

## Wachtwoord vergeten

page-forgot-title = Wachtwoord vergeten
page-forgot-intro = Wij sturen u een e-mail met een link om een nieuw wachtwoord te kiezen.
page-forgot-by = Herstellen met
page-forgot-identifier = Uw gebruikersnaam of uw e-mailadres
page-forgot-button = E-mail versturen
page-forgot-usernames = Ik ben ook mijn gebruikersnaam vergeten
page-usernames-title = Gebruikersnaam vergeten
page-usernames-intro = Typ uw e-mailadres. Wij sturen u de lijst van uw gebruikersnamen.

## Controleer uw e-mail

page-sent-title = Controleer uw e-mail
page-sent-reset = Als er een account hoort bij wat u hebt getypt, is er een e-mail onderweg. Daarin staan een link die { $lifetime } geldig is en, onderaan, uw gebruikersnaam.
page-sent-usernames = Als er accounts zijn met dit adres, is er een e-mail met hun gebruikersnamen onderweg.
page-sent-none-title = Ontvangt u geen e-mail?
page-sent-none-wait = Wacht enkele minuten en kijk daarna ook bij de ongewenste e-mail (spam).
page-sent-none-check = Controleer of u de juiste gebruikersnaam hebt getypt, of het e-mailadres van uw account.
page-sent-none-ask = Nog steeds niets? Misschien is uw oude account nog niet gemigreerd. Neem contact op met { $institution }, die u verder kan helpen.
page-institution = uw schooldirectie, uw schoolbestuur of uw instelling
page-contact = Contact: { $contact }
page-sent-again = E-mail opnieuw versturen
page-sent-again-wait = U kunt de e-mail opnieuw versturen over { $seconds } s.

## Nieuw wachtwoord

page-reset-title = Wachtwoord opnieuw instellen
page-reset-until = Deze link is geldig tot { $time }.
page-reset-email-hint = Het adres waarop u de e-mail hebt ontvangen; uw gebruikersnaam als uw account geen adres heeft.
page-code-label = Uw code
page-code-hint = De code die u hebt gekregen. Koppeltekens en hoofdletters maken niet uit.
page-new-password-label = Nieuw wachtwoord
page-confirm-label = Wachtwoord bevestigen
page-rules = Wachtwoordregels
page-rules-examples = Voorbeelden: { $examples }
page-rule-met = nageleefd
page-rule-unmet = nog niet nageleefd
page-strength-none = Tip: enkele woorden na elkaar zijn moeilijk te raden en makkelijk te onthouden.
page-strength-weak = Makkelijk te raden.
page-strength-fair = Redelijk.
page-strength-strong = Moeilijk te raden.
page-strength-why-COMMON = Het is een van de wachtwoorden die als eerste geprobeerd worden.
page-strength-why-EXAMPLE = Het is een voorbeeld van deze pagina, dat iedereen kan zien.
page-strength-why-IDENTIFIER = Het bevat uw gebruikersnaam of uw adres.
page-strength-why-RUN = Het bevat een reeks of een herhaling, zoals 1234, azerty of aaa.
page-strength-why-YEAR = Het bevat een jaartal of een datum, die snel geraden is.
page-strength-why-SHORT = Voeg een of twee woorden toe om het moeilijker te maken.
page-strength-why-LONG = Gebruik het alleen voor dit account.
page-reset-button = Wachtwoord instellen
page-mismatch = De twee wachtwoorden zijn niet gelijk.
page-dead-title = Deze link is niet meer geldig
page-dead-why = Een link werkt maar één keer en verloopt na een tijd. Als u er net een wachtwoord mee hebt gekozen, meld u dan met dat wachtwoord aan.
page-dead-again = Een nieuwe link ontvangen
page-incomplete-title = Dit adres is onvolledig
page-incomplete-why = Open de link in de e-mail opnieuw. Als u er net een wachtwoord mee hebt gekozen, meld u dan met dat wachtwoord aan.

## Bevestiging

page-done-title = Uw wachtwoord is ingesteld
page-done-username = Om aan te melden, typt u uw gebruikersnaam: { $username }
page-done-link = Klik hier om aan te melden
page-done-redirect = U wordt over { $seconds } seconden doorgestuurd naar { $host }.
page-done-stop = Op deze pagina blijven

## Mijn account

page-account-title = Mijn account
page-account-who = U bent aangemeld als { $username }.
page-account-no-script = Om uw account te zien en te wijzigen, schakelt u JavaScript in uw browser in. Afmelden kan hier zonder.
page-account-sessions = Waar ik ben aangemeld
page-account-this = dit apparaat
page-account-unnamed = Apparaat zonder naam
page-account-since = Aangemeld op { $start }, gebruikt op { $last }, vanaf { $place }
page-account-end = Afmelden
page-account-end-others = Alle andere apparaten afmelden
page-account-password = Mijn wachtwoord wijzigen
page-account-current = Huidig wachtwoord
page-account-password-done = Uw wachtwoord is gewijzigd. Andere apparaten zijn afgemeld.
page-account-email = Mijn e-mailadres wijzigen
page-account-new-email = Nieuw e-mailadres
page-account-email-done = Open de e-mail die wij naar { $email } hebben gestuurd: het adres verandert zodra u het bevestigt.
page-factor-title = Tweede stap bij het aanmelden
page-factor-off = Uw wachtwoord is genoeg om u aan te melden. Met een authenticator-app op uw telefoon blijft uw account van u, ook als iemand uw wachtwoord te weten komt.
page-factor-on = Bij het aanmelden wordt een code uit uw authenticator-app gevraagd. Resterende herstelcodes: { $count }.
page-factor-add = Een app toevoegen
page-factor-scan = Scan dit vierkant met de authenticator-app op uw telefoon, of typ er deze sleutel in:
page-factor-code = Code die de app toont
page-factor-confirm = Bevestigen
page-factor-codes = Nieuwe herstelcodes
page-factor-codes-label = Herstelcodes
page-factor-keep = Bewaar deze codes op een veilige plaats, niet op uw telefoon: met elke code kunt u zich één keer zonder de app aanmelden. Ze worden niet meer getoond.
page-factor-remove = De app verwijderen
page-factor-removed = De app is verwijderd. Uw wachtwoord is weer genoeg om u aan te melden.
page-account-data = Mijn gegevens downloaden
page-account-sign-out = Dit apparaat afmelden
page-account-change = Wijzigen

## De andere links in e-mails

page-confirm-title = Uw e-mailadres bevestigen
page-confirm-what = Bevestig dat het adres waarop u de e-mail hebt ontvangen van u is.
page-confirm-button = Dit adres bevestigen
page-confirm-done = Het e-mailadres van uw account is nu { $email }.
page-revoke-title = Was u dit niet?
page-revoke-what = Deze knop maakt de link uit de e-mail onbruikbaar. Uw wachtwoord en uw adres verandert hij niet.
page-revoke-button = Deze link annuleren
page-revoke-done = Deze link kan niet meer worden gebruikt. Als iemand anders heeft gedaan wat in de e-mail staat, vraag dan een nieuw wachtwoord aan en verwittig de persoon die de accounts in uw school of instelling beheert.
page-not-me-what = Druk alleen op deze knop als u het niet was. Wij melden dan alle apparaten af, uw wachtwoord werkt niet meer en wij sturen naar het adres van uw account een link om een nieuw wachtwoord te kiezen.
page-not-me-address = Druk alleen op deze knop als u het niet was. Uw account krijgt dan het adres terug waarnaar de e-mail werd gestuurd, alle apparaten worden afgemeld, het wachtwoord werkt niet meer en wij sturen naar dat adres een link om een nieuw wachtwoord te kiezen.
page-not-me-button = Dit was ik niet
page-not-me-done = Klaar: alle apparaten zijn afgemeld en het oude wachtwoord werkt niet meer. Open de e-mail die wij u hebben gestuurd om een nieuw wachtwoord te kiezen en verwittig daarna de persoon die de accounts in uw school of instelling beheert.

## Fouten

page-missing-title = Deze pagina bestaat niet
page-missing-what = Controleer het adres. Als u een link uit een e-mail hebt gekopieerd, kopieer hem dan helemaal.
page-error-title = Dat is niet gelukt
page-unreadable = Deze aanvraag kon niet gelezen worden. Ga terug naar de vorige pagina en probeer het opnieuw.

## Ontwikkelpagina

page-home-title = Guichet is open
page-home-what = Er is nog geen toepassing geconfigureerd (GUICHET_APP_URL). Dit antwoordt op dit adres:
page-home-calls = gRPC en grpc-web, met reflectie
page-home-keys = Sleutels die toegangstokens controleren
page-home-discovery = Uitgever en algoritmen, voor gateways

## Accounts deblokkeren

page-desk-title = Accounts deblokkeren
page-desk-no-script = Zet JavaScript aan in uw browser om accounts te deblokkeren.
page-desk-not-yours = Deze pagina is voor wie een instelling beheert. Vraag dat recht aan uw schoolbestuur.
page-desk-progress = Hoe ver staat de migratie?
page-desk-total = { $active } personen kunnen aanmelden, { $pending } kregen een e-mail, { $legacy } wachten op hun migratie, { $missing } hebben geen adres.
page-desk-institution = Instelling
page-desk-legacy = Te migreren
page-desk-pending = E-mail verstuurd
page-desk-active = Kunnen aanmelden
page-desk-disabled = Stopgezet
page-desk-missing = Geen adres
page-desk-export = Deze tabel downloaden (CSV)
page-desk-people = De personen
page-desk-search = Iemand zoeken
page-desk-search-hint = Naam, gebruikersnaam, adres of oud nummer. Laat leeg om iedereen te zien.
page-desk-everywhere = Alle
page-desk-situation = Situatie
page-desk-stuck = Kunnen nog niet aanmelden
page-desk-anybody = Iedereen
page-desk-NOT_MIGRATED = Oud account, nog niet gemigreerd
page-desk-NO_ADDRESS = Geen e-mailadres
page-desk-UNDELIVERED = E-mail niet aangekomen
page-desk-MAILED = E-mail verstuurd, nog geen wachtwoord gekozen
page-desk-ACTIVE = Kan aanmelden
page-desk-DISABLED = Account stopgezet
page-desk-find = Zoeken
page-desk-found = Getoonde personen: { $count }
page-desk-none = Niemand komt overeen.
page-desk-more = Meer tonen
page-desk-select-all = Alle getoonde personen selecteren
page-desk-no-address = geen adres
page-desk-email = E-mailadres
page-desk-migrate = Migreren en de e-mail sturen
page-desk-send = De e-mail opnieuw naar dit adres sturen
page-desk-change = Het adres wijzigen
page-desk-link = Een link voor een nieuw wachtwoord sturen
page-desk-code = Een code geven
page-desk-history = Wat is er gebeurd?
page-desk-unlock = Wachttijd na te veel pogingen opheffen
page-desk-enable = Account weer activeren
page-desk-factor = De authenticator-app verwijderen
page-desk-factor-sure = De authenticator-app van { $name } verwijderen? Daarna is het wachtwoord alleen genoeg. Ga na of het echt deze persoon is die het vraagt.
page-desk-done-factor = { $name } meldt zich voortaan met het wachtwoord alleen aan, en is daarvan per e-mail op de hoogte gebracht.
page-desk-done-send = Een e-mail is onderweg naar { $email }.
page-desk-done-change = Het adres verandert zodra de persoon het bevestigt via de e-mail aan { $email }.
page-desk-done-enable = Het account van { $name } is niet langer stopgezet.
page-desk-done-unlock = De mislukte pogingen van { $name } zijn vergeten: deze persoon kan meteen opnieuw proberen.
page-desk-mail = E-mail van { $time }: { $state }
page-desk-mail-QUEUED = wacht op verzending
page-desk-mail-SENT = verstuurd
page-desk-mail-DEAD = opgegeven
page-desk-mail-BOUNCED = teruggekomen
page-desk-selected = Voor de geselecteerde personen
page-desk-send-selected = Migreren en de e-mails sturen
page-desk-sheets = Een fiche per persoon afdrukken
page-desk-list = Een lijst afdrukken
page-desk-nobody = Selecteer eerst personen.
page-desk-batch = Verstuurd: { $done }. Geweigerd: { $refused }. Overgeslagen: { $left }.
page-desk-batch-codes = Codes gemaakt: { $done }. Geweigerd: { $refused }. Overgeslagen: { $left }.
page-desk-verdict = { $name }: { $why }
page-desk-file = Migreren met een bestand met adressen
page-desk-file-label = CSV-bestand
page-desk-file-hint = Twee kolommen: de gebruikersnaam of het oude nummer, dan het e-mailadres.
page-desk-file-button = Deze personen migreren
page-desk-file-wrong = Dit bestand heeft geen twee tekstkolommen, of meer dan { $max } regels.
page-desk-row = Regel { $row }, { $who }: { $outcome }
page-desk-row-unknown = niet gevonden in uw instellingen
page-desk-row-settled = kan al aanmelden, of het account is stopgezet
page-desk-row-ambiguous = niets verstuurd, want twee accounts komen overeen of een andere regel bedoelt dezelfde persoon
page-desk-row-head = opgevat als de namen van de kolommen
page-desk-row-refused = geweigerd ({ $reason })
page-desk-why-UNANSWERED = geen antwoord: kijk in de lijst
page-desk-why-INVALID_FIELDS = geen geldig e-mailadres
page-desk-why-STATE = de toestand van het account laat het niet toe
page-desk-why-FORBIDDEN = u hebt dat recht niet voor deze persoon
page-desk-why-NOT_FOUND = niet gevonden in uw instellingen
page-desk-sheet = Uw wachtwoord kiezen
page-desk-sheet-open = Scan dit vierkant met een telefoon, of open dit adres:
page-desk-sheet-code = Typ uw code:
page-desk-sheet-email = Waar het e-mailadres gevraagd wordt, typt u:
page-desk-sheet-choose = Kies een wachtwoord en meld u dan aan met uw gebruikersnaam:
page-desk-sheet-until = De code is geldig tot { $time } en werkt maar één keer. Toon hem aan niemand.
page-desk-print = Afdrukken
page-desk-history-none = Geen recente aanvraag.
page-desk-request = Aanvraag van { $time } ({ $identifier }): { $outcome }
page-desk-outcome-QUEUED = in behandeling
page-desk-outcome-MAILED = e-mail voorbereid
page-desk-outcome-MAILED-QUEUED = e-mail wacht op verzending
page-desk-outcome-MAILED-SENT = e-mail verstuurd
page-desk-outcome-NOT_MIGRATED = account nog niet gemigreerd
page-desk-outcome-NO_EMAIL = account zonder adres
page-desk-outcome-DISABLED = account stopgezet
page-desk-outcome-THROTTLED = te vaak gevraagd: niets verstuurd
page-desk-outcome-REFUSED = e-mail opgegeven
page-desk-outcome-BOUNCED = e-mail teruggekomen
page-desk-opened = link geopend op { $time }
page-desk-completed = wachtwoord gekozen op { $time }
page-desk-outcome-UNKNOWN = onbekende gebruikersnaam of onbekend adres
page-desk-requests = Laatste aanvragen
page-desk-show = Deze persoon tonen
