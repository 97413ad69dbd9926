# Die E-Mails.

## Für alle

mail-greeting = Guten Tag,
mail-automatic = Diese E-Mail wurde Ihnen automatisch von { $app } gesendet. Niemand wird Sie je per E-Mail oder Telefon nach Ihrem Passwort fragen.
mail-link-hint = Sie können den Link nicht anklicken? Kopieren Sie ihn vollständig und fügen Sie ihn in die Adresszeile Ihres Browsers ein.
mail-link-lifetime =
    { $count ->
        [one] Dieser Link ist { $lifetime } gültig und funktioniert nur einmal.
       *[other] Diese Links sind { $lifetime } gültig und funktionieren jeweils nur einmal.
    }
mail-account = Konto { $username }:
mail-ignore = Wenn Sie nichts angefordert haben, brauchen Sie nichts zu tun: Es hat sich nichts geändert.
mail-facts-needed = Diese Angaben werden Sie dafür brauchen:
mail-facts = Dies sind die Angaben zu Ihrem Konto:
mail-username-label = Ihr Benutzername:
mail-email-label = Ihre E-Mail-Adresse:

## Neues Passwort

mail-reset-subject = Wählen Sie ein neues Passwort für { $app }
mail-reset-why = Sie erhalten diese E-Mail, weil jemand, wahrscheinlich Sie selbst, ein neues Passwort für { $app } angefordert hat.
mail-reset-link =
    { $count ->
        [one] Um Ihr neues Passwort zu wählen, öffnen Sie diesen Link:
       *[other] Mehrere Konten verwenden Ihre E-Mail-Adresse, und jedes hat seinen eigenen Link. Um ein neues Passwort zu wählen, öffnen Sie den Link des betreffenden Kontos:
    }
mail-reset-button = Neues Passwort wählen
mail-reset-not-me = Das waren nicht Sie? Keine Sorge, Ihr Passwort wurde nicht geändert. Sie können die Anfrage hier abbrechen:
mail-reset-revoke = Anfrage abbrechen

## Alte Konten, noch nicht übernommen

mail-ask-subject = Ihr altes Konto muss zuerst auf { $app } umgestellt werden
mail-ask-named = Das Konto { $username } ist ein altes Konto, das noch nicht umgestellt wurde. Deshalb können wir Ihnen dafür keinen Link senden. Wenden Sie sich bitte an { $institution }: Dort kann man Ihnen weiterhelfen.
mail-ask-unnamed = Das Konto { $username } ist ein altes Konto, das noch nicht umgestellt wurde. Deshalb können wir Ihnen dafür keinen Link senden. Wenden Sie sich bitte an Ihre Schulleitung, Ihren Schulträger oder Ihre Einrichtung: Dort kann man Ihnen weiterhelfen.
mail-ask-words = Sie können zum Beispiel schreiben: „Können Sie bitte mein altes Konto { $username } mit meiner E-Mail-Adresse { $email } auf { $app } umstellen?“
mail-ask-contact = Kontakt: { $contact }
mail-ask-next = Sobald dies geschehen ist, erhalten Sie eine E-Mail mit einem Link, um Ihr Passwort zu wählen.

## Erinnerung an die Benutzernamen

mail-usernames-subject =
    { $count ->
        [one] Ihr Benutzername für { $app }
       *[other] Ihre Benutzernamen für { $app }
    }
mail-usernames-why =
    { $count ->
        [one] Sie erhalten diese E-Mail, weil jemand, wahrscheinlich Sie selbst, an Ihren Benutzernamen für { $app } erinnert werden wollte. Sie finden ihn am Ende dieser E-Mail.
       *[other] Sie erhalten diese E-Mail, weil jemand, wahrscheinlich Sie selbst, an Ihre Benutzernamen für { $app } erinnert werden wollte. Sie finden sie am Ende dieser E-Mail.
    }
mail-usernames-sign-in = Um sich anzumelden, geben Sie Ihren Benutzernamen ein, nicht Ihre E-Mail-Adresse:
mail-usernames-sign-in-button = Bei { $app } anmelden
mail-usernames-forgot = Sie haben auch Ihr Passwort vergessen? Fordern Sie hier ein neues an:
mail-usernames-forgot-button = Passwort vergessen

## Aktivierung

mail-activation-subject = Aktivieren Sie Ihr Konto für { $app }
mail-activation-why = Sie erhalten diese E-Mail, weil für Sie ein Konto für { $app } vorbereitet wurde. Es fehlt nur noch Ihr Passwort.
mail-activation-link = Um Ihr Passwort zu wählen und das Konto zu aktivieren, öffnen Sie diesen Link:
mail-activation-button = Mein Passwort wählen
mail-activation-not-me = Sie haben dieses Konto nicht erwartet? Ohne Passwort kann es niemand benutzen. Sie können diesen Link auch ungültig machen:
mail-activation-revoke = Link ungültig machen

## Passwort geändert

mail-changed-subject = Ihr Passwort für { $app } wurde geändert
mail-changed-what = Das Passwort Ihres Kontos für { $app } wurde am { $time } geändert.
mail-changed-me = Das waren Sie? Dann ist alles in Ordnung und Sie brauchen nichts zu tun.
mail-not-me = Das waren nicht Sie? Sagen Sie es hier sofort. Wir melden dann alle Geräte ab, Ihr Passwort wird unbrauchbar, und wir senden Ihnen einen Link, um ein neues zu wählen. Benachrichtigen Sie danach die Person, die an Ihrer Schule oder Einrichtung die Konten verwaltet.
mail-not-me-button = Das war nicht ich

## Andere E-Mail-Adresse

mail-confirm-subject = Bestätigen Sie Ihre E-Mail-Adresse für { $app }
mail-confirm-why = Sie erhalten diese E-Mail, weil { $email } als neue E-Mail-Adresse des Kontos { $username } von { $app } angegeben wurde.
mail-confirm-link = Um zu bestätigen, dass diese Adresse Ihnen gehört, öffnen Sie diesen Link:
mail-confirm-button = Diese Adresse bestätigen
mail-confirm-ignore = Wenn Sie nichts angefordert haben, brauchen Sie nichts zu tun: Die Adresse des Kontos bleibt unverändert.

mail-move-subject = Anfrage: neue E-Mail-Adresse für Ihr Konto von { $app }
mail-move-what = Jemand, wahrscheinlich Sie selbst, hat { $email } als E-Mail-Adresse Ihres Kontos von { $app } angefordert. Es ändert sich nichts, solange die neue Adresse nicht bestätigt ist.
mail-move-me = Das waren Sie? Öffnen Sie die E-Mail, die wir an die neue Adresse gesendet haben.
mail-move-not-me = Das waren nicht Sie? Brechen Sie die Anfrage hier ab und benachrichtigen Sie dann die Person, die an Ihrer Schule oder Einrichtung die Konten verwaltet:
mail-move-revoke = Anfrage abbrechen

mail-moved-subject = Die E-Mail-Adresse Ihres Kontos von { $app } wurde geändert
mail-moved-what = Die E-Mail-Adresse Ihres Kontos von { $app } war { $old }. Sie lautet jetzt { $new }, und unsere E-Mails werden an diese Adresse gesendet.
mail-moved-not-me = Das waren nicht Sie? Benachrichtigen Sie sofort die Person, die an Ihrer Schule oder Einrichtung die Konten verwaltet.
mail-moved-back = Das waren nicht Sie? Sagen Sie es hier innerhalb von 7 Tagen. Ihr Konto erhält dann diese Adresse zurück, alle Geräte werden abgemeldet, das Passwort wird unbrauchbar, und wir senden Ihnen hierher einen Link, um ein neues zu wählen. Benachrichtigen Sie danach die Person, die an Ihrer Schule oder Einrichtung die Konten verwaltet.

## A code handed over

mail-code-subject = Ein Code, um Ihr Passwort für { $app } zu wählen
mail-code-what = Die Person, die an Ihrer Schule oder Einrichtung die Konten verwaltet, hat einen Code vorbereitet, mit dem Sie ein neues Passwort für Ihr Konto von { $app } wählen können. Sie erhalten ihn von dieser Person selbst: In dieser E-Mail steht er nicht. Er ist bis zum { $time } gültig, und Ihr Passwort ändert sich nicht, solange Sie ihn nicht benutzen.
mail-code-me = Sie haben darum gebeten? Dann ist alles in Ordnung.
mail-code-not-me = Sie haben um nichts gebeten? Benachrichtigen Sie sofort diese Person und geben Sie den Code niemandem. Hier können Sie den Code unbrauchbar machen:

## Zweiter Faktor

mail-factor-subject = Ihr { $app }-Konto: zweiter Schritt bei der Anmeldung
mail-factor-added = Am { $time } wurde Ihrem { $app }-Konto eine Authentifizierungs-App hinzugefügt. Die Anmeldung fragt ab jetzt nach einem Code aus dieser App.
mail-factor-removed = Am { $time } wurde die Authentifizierungs-App Ihres { $app }-Kontos entfernt. Zur Anmeldung genügt wieder Ihr Passwort.
mail-factor-replaced = Am { $time } wurden die Wiederherstellungscodes Ihres { $app }-Kontos ersetzt. Die bisherigen gelten nicht mehr.
mail-factor-used = Am { $time } wurde ein Wiederherstellungscode benutzt, um sich bei Ihrem { $app }-Konto anzumelden. Er gilt kein zweites Mal.

## Anmeldung von einem neuen Ort

mail-place-subject = Neue Anmeldung bei Ihrem { $app }-Konto
mail-place-what = Am { $time } hat sich jemand von einem Ort, den wir noch nicht kannten, bei Ihrem { $app }-Konto angemeldet.
mail-place-device = Am { $time } hat sich jemand von einem Ort, den wir noch nicht kannten, bei Ihrem { $app }-Konto angemeldet, mit diesem Gerät: { $device }.

## Sign-in after many wrong passwords

mail-failures-subject = Anmeldung bei Ihrem { $app }-Konto nach vielen falschen Passwörtern
mail-failures-what =
    { $count ->
        [one] Am { $time } hat sich jemand nach { $count } falschen Passwort bei Ihrem { $app }-Konto angemeldet.
       *[other] Am { $time } hat sich jemand nach { $count } falschen Passwörtern bei Ihrem { $app }-Konto angemeldet.
    }
mail-device = Das Gerät nennt sich: { $device }.

## A new password asked for, and refused

mail-refused-subject = Anfrage nach einem neuen Passwort für { $app }
mail-refused-disabled = Am { $time } hat jemand ein neues Passwort für Ihr { $app }-Konto angefordert. Dieses Konto ist gesperrt, deshalb haben wir keinen Link gesendet. Wenn Sie es wieder brauchen, wenden Sie sich an die Person, die an Ihrer Schule oder Einrichtung die Konten verwaltet.
mail-refused-often = Am { $time } hat jemand noch einmal ein neues Passwort für Ihr { $app }-Konto angefordert. Das war zu oft, deshalb haben wir keinen weiteren Link gesendet. Der Link in unserer letzten E-Mail gilt vielleicht noch; versuchen Sie es sonst in einer Stunde wieder.
mail-refused-killed = Am { $time } hat jemand zu einem Link oder Code für ein neues Passwort Ihres { $app }-Kontos so oft falsche Angaben gemacht, dass er ungültig wurde. Ihr Passwort hat sich nicht geändert. Wenn Sie ein neues brauchen, fordern Sie einen anderen Link an.
mail-refused-not-me = Das waren nicht Sie? Ihr Passwort hat sich nicht geändert. Hier können Sie alle Links und Codes für ein neues Passwort ungültig machen:
mail-refused-ignore = Wenn Sie nichts angefordert haben, brauchen Sie nichts zu tun.

## A session that ended because its old token was used again

mail-stolen-subject = Ihr { $app }-Konto: Eine Sitzung wurde beendet
mail-stolen-what = Am { $time } wurde ein abgelaufener Schlüssel einer Sitzung Ihres { $app }-Kontos noch einmal benutzt. Das geschieht, wenn jemand ihn kopiert hat. Wir haben diese Sitzung deshalb beendet: Melden Sie sich dort neu an, wo Sie sie noch brauchen.
mail-stolen-me = Sie sind gerade auf ein anderes Gerät umgezogen oder haben eine Sicherung eingespielt? Dann ist alles in Ordnung.

## Another username

mail-username-subject = Ihr Benutzername für { $app } wurde geändert
mail-username-what = Am { $time } wurde der Benutzername Ihres { $app }-Kontos von einer Person geändert, die die Konten verwaltet. Bisher lautete er { $before }. Der neue steht unten; Ihr Passwort bleibt gleich.
mail-username-ask = Das haben Sie nicht erwartet? Fragen Sie die Person, die an Ihrer Schule oder Einrichtung die Konten verwaltet.

## Test

mail-test-subject = Test der E-Mails von { $app }
mail-test-what = Diese E-Mail ist ein Test: Sie zeigt, dass die E-Mails von { $app } ankommen. Sie müssen nichts tun.
mail-test-facts = Sie wurde an diese Adresse gesendet:

## Accounts that are guessed at

mail-guessed-subject = { $app }: An den Konten, die Sie betreuen, werden Passwörter ausprobiert
mail-guessed-what = Am { $time } wurden innerhalb von zehn Minuten falsche Passwörter an { $count } Konten von { $institution } ausprobiert, aus Netzen, aus denen sich ihre Inhaber nie angemeldet haben. Sie erhalten diese E-Mail, weil Sie diese Konten betreuen.
mail-guessed-advice = Solche Versuche werden gebremst, und niemand wird ausgesperrt: Ihre Kolleginnen und Kollegen melden sich wie gewohnt an. Bitten Sie sie, hier nicht das Passwort eines anderen Dienstes zu verwenden, und sagen Sie Ihrer IT-Abteilung Bescheid, wenn diese E-Mail wiederkommt. Sie erhalten höchstens eine am Tag.
