# De e-mails.

## Gemeenschappelijk

mail-greeting = Beste,
mail-automatic = Deze e-mail werd u automatisch toegestuurd door { $app }. Niemand zal u ooit via e-mail of telefoon naar uw wachtwoord vragen.
mail-link-hint = Lukt het niet om op de link te klikken? Kopieer de volledige link en plak die in de adresbalk van uw browser.
mail-link-lifetime =
    { $count ->
        [one] Deze link is { $lifetime } geldig en werkt maar één keer.
       *[other] Deze links zijn { $lifetime } geldig en werken elk maar één keer.
    }
mail-account = Account { $username }:
mail-ignore = Hebt u niets gevraagd? Dan hoeft u niets te doen: er is niets gewijzigd.
mail-facts-needed = Dit zijn de gegevens die u daarvoor nodig hebt:
mail-facts = Dit zijn de gegevens van uw account:
mail-username-label = Uw gebruikersnaam:
mail-email-label = Uw e-mailadres:

## Nieuw wachtwoord

mail-reset-subject = Kies een nieuw wachtwoord voor { $app }
mail-reset-why = U ontvangt deze e-mail omdat iemand, wellicht uzelf, een nieuw wachtwoord voor { $app } heeft gevraagd.
mail-reset-link =
    { $count ->
        [one] Open deze link om uw nieuwe wachtwoord te kiezen:
       *[other] Meerdere accounts gebruiken uw e-mailadres en elk account heeft een eigen link. Open de link van het account waarvoor u een nieuw wachtwoord wilt kiezen:
    }
mail-reset-button = Een nieuw wachtwoord kiezen
mail-reset-not-me = Was u dit niet? Geen zorgen, uw wachtwoord is niet gewijzigd. U kunt de aanvraag hier annuleren:
mail-reset-revoke = De aanvraag annuleren

## Oude accounts, nog niet gemigreerd

mail-ask-subject = Uw oude account moet eerst naar { $app } worden gemigreerd
mail-ask-named = Het account { $username } is een oud account dat nog niet werd gemigreerd. Daarom kunnen we u er geen link voor sturen. Neem contact op met { $institution }: daar kan men dit voor u in orde brengen.
mail-ask-unnamed = Het account { $username } is een oud account dat nog niet werd gemigreerd. Daarom kunnen we u er geen link voor sturen. Neem contact op met uw schooldirectie, uw schoolbestuur of uw instelling: daar kan men dit voor u in orde brengen.
mail-ask-words = U kunt bijvoorbeeld schrijven: “Kunt u mijn oude account { $username } migreren naar { $app }, met mijn e-mailadres { $email }?”
mail-ask-contact = Contact: { $contact }
mail-ask-next = Zodra dat gebeurd is, krijgt u een e-mail met een link om uw wachtwoord te kiezen.

## Herinnering aan de gebruikersnamen

mail-usernames-subject =
    { $count ->
        [one] Uw gebruikersnaam voor { $app }
       *[other] Uw gebruikersnamen voor { $app }
    }
mail-usernames-why =
    { $count ->
        [one] U ontvangt deze e-mail omdat iemand, wellicht uzelf, uw gebruikersnaam voor { $app } heeft opgevraagd. U vindt die onderaan deze e-mail.
       *[other] U ontvangt deze e-mail omdat iemand, wellicht uzelf, uw gebruikersnamen voor { $app } heeft opgevraagd. U vindt ze onderaan deze e-mail.
    }
mail-usernames-sign-in = Typ uw gebruikersnaam, en niet uw e-mailadres, om u aan te melden:
mail-usernames-sign-in-button = Aanmelden bij { $app }
mail-usernames-forgot = Bent u ook uw wachtwoord vergeten? Vraag hier een nieuw wachtwoord:
mail-usernames-forgot-button = Wachtwoord vergeten

## Activering

mail-activation-subject = Activeer uw account voor { $app }
mail-activation-why = U ontvangt deze e-mail omdat er voor u een account voor { $app } werd klaargezet. Alleen uw wachtwoord ontbreekt nog.
mail-activation-link = Open deze link om uw wachtwoord te kiezen en het account te activeren:
mail-activation-button = Mijn wachtwoord kiezen
mail-activation-not-me = Verwachtte u dit account niet? Zonder wachtwoord kan niemand het gebruiken. U kunt deze link ook annuleren:
mail-activation-revoke = Deze link annuleren

## Wachtwoord gewijzigd

mail-changed-subject = Uw wachtwoord voor { $app } werd gewijzigd
mail-changed-what = Het wachtwoord van uw account voor { $app } werd gewijzigd op { $time }.
mail-changed-me = Was u dit? Dan is alles in orde en hoeft u niets te doen.
mail-not-me = Was u dit niet? Zeg het hier meteen. Wij melden dan alle apparaten af, uw wachtwoord wordt onbruikbaar en wij sturen u een link om een nieuw wachtwoord te kiezen. Verwittig daarna de persoon die de accounts in uw school of instelling beheert.
mail-not-me-button = Dit was ik niet

## Ander e-mailadres

mail-confirm-subject = Bevestig uw e-mailadres voor { $app }
mail-confirm-why = U ontvangt deze e-mail omdat { $email } werd opgegeven als nieuw e-mailadres van het account { $username } van { $app }.
mail-confirm-link = Open deze link om te bevestigen dat dit adres van u is:
mail-confirm-button = Dit adres bevestigen
mail-confirm-ignore = Hebt u niets gevraagd? Dan hoeft u niets te doen: het adres van het account blijft hetzelfde.

mail-move-subject = Aanvraag van een nieuw e-mailadres voor uw account van { $app }
mail-move-what = Iemand, wellicht uzelf, heeft gevraagd om { $email } te gebruiken als e-mailadres van uw account van { $app }. Er verandert niets zolang dat nieuwe adres niet bevestigd is.
mail-move-me = Was u dit? Open dan de e-mail die we naar het nieuwe adres hebben gestuurd.
mail-move-not-me = Was u dit niet? Annuleer de aanvraag hier en verwittig daarna de persoon die de accounts in uw school of instelling beheert:
mail-move-revoke = De aanvraag annuleren

mail-moved-subject = Het e-mailadres van uw account van { $app } is gewijzigd
mail-moved-what = Het e-mailadres van uw account van { $app } was { $old }. Het is nu { $new } en onze e-mails worden voortaan naar dat adres gestuurd.
mail-moved-not-me = Was u dit niet? Verwittig dan meteen de persoon die de accounts in uw school of instelling beheert.
mail-moved-back = Was u dit niet? Zeg het hier binnen 7 dagen. Uw account krijgt dan dit adres terug, alle apparaten worden afgemeld, het wachtwoord wordt onbruikbaar en wij sturen u op dit adres een link om een nieuw wachtwoord te kiezen. Verwittig daarna de persoon die de accounts in uw school of instelling beheert.

## A code handed over

mail-code-subject = Een code om uw wachtwoord voor { $app } te kiezen
mail-code-what = De persoon die de accounts in uw school of instelling beheert, heeft een code klaargemaakt waarmee u een nieuw wachtwoord voor uw account van { $app } kunt kiezen. U krijgt de code van die persoon zelf: ze staat niet in deze e-mail. De code is geldig tot { $time } en uw wachtwoord verandert niet zolang u ze niet gebruikt.
mail-code-me = Hebt u dit gevraagd? Dan is alles in orde.
mail-code-not-me = Hebt u niets gevraagd? Verwittig dan meteen die persoon en geef de code aan niemand. Hier kunt u de code onbruikbaar maken:

## Tweede factor

mail-factor-subject = Uw { $app }-account: tweede stap bij het aanmelden
mail-factor-added = Op { $time } is een authenticator-app aan uw { $app }-account toegevoegd. Bij het aanmelden wordt voortaan een code uit die app gevraagd.
mail-factor-removed = Op { $time } is de authenticator-app van uw { $app }-account verwijderd. Uw wachtwoord alleen is weer genoeg om u aan te melden.
mail-factor-replaced = Op { $time } zijn de herstelcodes van uw { $app }-account vervangen. De vorige werken niet meer.
mail-factor-used = Op { $time } is een herstelcode gebruikt om aan te melden bij uw { $app }-account. Die code werkt geen tweede keer.

## Aanmelding vanaf een nieuwe plaats

mail-place-subject = Nieuwe aanmelding bij uw { $app }-account
mail-place-what = Op { $time } heeft iemand zich bij uw { $app }-account aangemeld vanaf een plaats die wij nog niet kenden.
mail-place-device = Op { $time } heeft iemand zich bij uw { $app }-account aangemeld vanaf een plaats die wij nog niet kenden, met dit apparaat: { $device }.

## Sign-in after many wrong passwords

mail-failures-subject = Aanmelding bij uw { $app }-account na veel foute wachtwoorden
mail-failures-what =
    { $count ->
        [one] Op { $time } heeft iemand zich na { $count } fout wachtwoord bij uw { $app }-account aangemeld.
       *[other] Op { $time } heeft iemand zich na { $count } foute wachtwoorden bij uw { $app }-account aangemeld.
    }
mail-device = Het apparaat noemt zich: { $device }.

## A new password asked for, and refused

mail-refused-subject = Aanvraag van een nieuw wachtwoord voor { $app }
mail-refused-disabled = Op { $time } heeft iemand een nieuw wachtwoord gevraagd voor uw { $app }-account. Dat account is stopgezet, daarom hebben wij geen link gestuurd. Hebt u het weer nodig, vraag het dan aan de persoon die de accounts in uw school of instelling beheert.
mail-refused-often = Op { $time } heeft iemand nog eens een nieuw wachtwoord gevraagd voor uw { $app }-account. Dat was te vaak, daarom hebben wij geen nieuwe link gestuurd. De link in onze laatste e-mail is misschien nog geldig; probeer het anders over een uur opnieuw.
mail-refused-killed = Op { $time } heeft iemand bij een link of een code voor een nieuw wachtwoord van uw { $app }-account zo vaak foute antwoorden gegeven dat die ongeldig werd. Uw wachtwoord is niet veranderd. Hebt u een nieuw wachtwoord nodig, vraag dan een andere link.
mail-refused-not-me = Was u dit niet? Uw wachtwoord is niet veranderd. Hier kunt u alle links en codes voor een nieuw wachtwoord onbruikbaar maken:
mail-refused-ignore = Als u niets hebt gevraagd, hoeft u niets te doen.

## A session that ended because its old token was used again

mail-stolen-subject = Uw { $app }-account: een sessie werd afgesloten
mail-stolen-what = Op { $time } is een verlopen sleutel van een sessie van uw { $app }-account nog eens gebruikt. Dat gebeurt wanneer iemand die heeft gekopieerd. Wij hebben die sessie daarom afgesloten: meld u opnieuw aan waar u ze nog nodig hebt.
mail-stolen-me = Bent u net overgestapt op een ander toestel of hebt u een back-up teruggezet? Dan is alles in orde.

## Another username

mail-username-subject = Uw gebruikersnaam voor { $app } is gewijzigd
mail-username-what = Op { $time } is de gebruikersnaam van uw { $app }-account gewijzigd door iemand die de accounts beheert. Tot nu toe was dat { $before }. De nieuwe staat hieronder; uw wachtwoord blijft hetzelfde.
mail-username-ask = Had u dit niet verwacht? Vraag het aan de persoon die de accounts in uw school of instelling beheert.

## Test

mail-test-subject = Test van de e-mails van { $app }
mail-test-what = Deze e-mail is een test: hij toont dat de e-mails van { $app } aankomen. U hoeft niets te doen.
mail-test-facts = Hij werd naar dit adres gestuurd:

## Accounts that are guessed at

mail-guessed-subject = { $app }: er worden wachtwoorden geprobeerd op de accounts die u beheert
mail-guessed-what = Op { $time } werden binnen tien minuten foute wachtwoorden geprobeerd op { $count } accounts van { $institution }, vanaf netwerken waar hun eigenaars zich nooit hebben aangemeld. U ontvangt deze e-mail omdat u deze accounts beheert.
mail-guessed-advice = Zulke pogingen worden vertraagd en niemand wordt geblokkeerd: uw collega's melden zich aan zoals altijd. Vraag hun om hier niet het wachtwoord van een andere dienst te gebruiken, en verwittig uw ICT-dienst als deze e-mail terugkomt. U krijgt er niet meer dan één per dag.
