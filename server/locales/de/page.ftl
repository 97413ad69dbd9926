# Die Seiten.

## Allen gemeinsam

page-skip = Zum Inhalt
page-languages = Sprache
page-expired-form = Dieses Formular ist abgelaufen. Prüfen Sie Ihre Angaben und senden Sie es noch einmal ab.
page-throttled = Es gab zu viele Versuche. Versuchen Sie es in { $wait } noch einmal.
page-offline = Sie sind nicht mit dem Internet verbunden. Ihre Angaben bleiben erhalten: Versuchen Sie es noch einmal, sobald Sie wieder online sind.
page-slow = Der Dienst braucht zu lange für eine Antwort. Ihre Angaben bleiben erhalten: Versuchen Sie es gleich noch einmal.
page-show = Anzeigen
page-hide = Verbergen
page-show-password = Passwort anzeigen
page-hide-password = Passwort verbergen
page-caps-lock = Die Feststelltaste ist aktiv.
page-username-label = Benutzername
page-email-label = E-Mail-Adresse
page-password-label = Passwort
page-back = Zurück zur Anmeldung

## Anmeldung

page-login-title = Bei { $app } anmelden
page-login-hint = Ihr Benutzername ist nicht Ihre E-Mail-Adresse. Sie finden ihn am Ende der E-Mail, die wir Ihnen geschickt haben.
page-login-button = Anmelden
page-login-forgot = Passwort vergessen
page-login-old-title = Haben Sie { $app } schon früher benutzt?
page-login-old = Es gibt ein neues, sichereres Anmeldesystem. Ihr Konto wurde wahrscheinlich schon umgestellt: Sie müssen nur noch ein neues Passwort wählen.
page-login-old-link = E-Mail zum Wählen meines Passworts erhalten
page-challenge-label = Code
page-challenge-hint = Die sechs Ziffern, die Ihre Authentifizierungs-App anzeigt, oder einer Ihrer Wiederherstellungscodes.
page-challenge-lost = Sie haben weder die App noch einen Code? Wer die Konten in Ihrer Schule oder Einrichtung verwaltet, kann Ihnen helfen.
page-challenge-button = Weiter
page-challenge-again = Von vorn beginnen

## Passwort vergessen

page-forgot-title = Passwort vergessen
page-forgot-intro = Wir schicken Ihnen eine E-Mail mit einem Link, um ein neues Passwort zu wählen.
page-forgot-by = Wiederherstellen über
page-forgot-identifier = Ihr Benutzername oder Ihre E-Mail-Adresse
page-forgot-button = E-Mail senden
page-forgot-usernames = Ich habe auch meinen Benutzernamen vergessen
page-usernames-title = Benutzername vergessen
page-usernames-intro = Geben Sie Ihre E-Mail-Adresse ein. Wir schicken Ihnen die Liste Ihrer Benutzernamen.

## Prüfen Sie Ihre E-Mails

page-sent-title = Prüfen Sie Ihre E‑Mails
page-sent-reset = Wenn ein Konto zu Ihrer Angabe gehört, ist eine E-Mail unterwegs. Sie enthält einen Link, der { $lifetime } gültig ist, und am Ende Ihren Benutzernamen.
page-sent-usernames = Wenn Konten diese Adresse benutzen, ist eine E-Mail mit ihren Benutzernamen unterwegs.
page-sent-none-title = Keine E-Mail erhalten?
page-sent-none-wait = Warten Sie einige Minuten und sehen Sie dann auch im Spam-Ordner nach.
page-sent-none-check = Prüfen Sie, ob Sie den richtigen Benutzernamen oder die E-Mail-Adresse Ihres Kontos eingegeben haben.
page-sent-none-ask = Immer noch nichts? Vielleicht wurde Ihr altes Konto noch nicht umgestellt. Wenden Sie sich an { $institution }, dort kann man Ihnen weiterhelfen.
page-institution = Ihre Schulleitung, Ihren Schulträger oder Ihre Einrichtung
page-contact = Kontakt: { $contact }
page-sent-again = E-Mail noch einmal senden
page-sent-again-wait = Sie können die E-Mail in { $seconds } s noch einmal senden.

## Neues Passwort

page-reset-title = Passwort zurücksetzen
page-reset-until = Dieser Link ist bis zum { $time } gültig.
page-reset-email-hint = Die Adresse, an die die E-Mail ging; Ihr Benutzername, wenn Ihr Konto keine Adresse hat.
page-code-label = Ihr Code
page-code-hint = Der Code, den Sie erhalten haben. Bindestriche und Großschreibung spielen keine Rolle.
page-new-password-label = Neues Passwort
page-confirm-label = Passwort bestätigen
page-rules = Passwortregeln
page-rules-examples = Beispiele: { $examples }
page-rule-met = erfüllt
page-rule-unmet = noch nicht erfüllt
page-strength-none = Tipp: Mehrere Wörter hintereinander sind schwer zu erraten und leicht zu merken.
page-strength-weak = Leicht zu erraten.
page-strength-fair = Brauchbar.
page-strength-strong = Schwer zu erraten.
page-strength-why-COMMON = Es ist eines der Passwörter, die zuerst versucht werden.
page-strength-why-EXAMPLE = Es ist ein Beispiel dieser Seite, das alle sehen können.
page-strength-why-IDENTIFIER = Es enthält Ihren Benutzernamen oder Ihre Adresse.
page-strength-why-RUN = Es enthält eine Folge oder eine Wiederholung, etwa 1234, qwertz oder aaa.
page-strength-why-YEAR = Es enthält eine Jahreszahl oder ein Datum, die schnell erraten sind.
page-strength-why-SHORT = Fügen Sie ein oder zwei Wörter hinzu, damit es schwerer wird.
page-strength-why-LONG = Verwenden Sie es nur für dieses Konto.
page-reset-button = Passwort setzen
page-mismatch = Die beiden Passwörter stimmen nicht überein.
page-dead-title = Dieser Link ist nicht mehr gültig
page-dead-why = Ein Link gilt nur einmal und läuft nach einiger Zeit ab. Wenn Sie damit gerade ein Passwort gewählt haben, melden Sie sich mit diesem an.
page-dead-again = Neuen Link erhalten
page-incomplete-title = Diese Adresse ist unvollständig
page-incomplete-why = Öffnen Sie den Link in der E-Mail noch einmal. Wenn Sie damit gerade ein Passwort gewählt haben, melden Sie sich mit diesem an.

## Bestätigung

page-done-title = Ihr Passwort wurde gesetzt
page-done-username = Geben Sie zum Anmelden Ihren Benutzernamen ein: { $username }
page-done-link = Klicken Sie hier, um sich anzumelden
page-done-redirect = Sie werden in { $seconds } Sekunden zu { $host } weitergeleitet.
page-done-stop = Auf dieser Seite bleiben

## Mein Konto

page-account-title = Mein Konto
page-account-who = Sie sind als { $username } angemeldet.
page-account-no-script = Um Ihr Konto zu sehen und zu ändern, schalten Sie JavaScript in Ihrem Browser ein. Abmelden können Sie sich hier ohne.
page-account-sessions = Wo ich angemeldet bin
page-account-this = dieses Gerät
page-account-unnamed = Gerät ohne Namen
page-account-since = Angemeldet am { $start }, benutzt am { $last }, von { $place }
page-account-end = Abmelden
page-account-end-others = Alle anderen Geräte abmelden
page-account-password = Mein Passwort ändern
page-account-current = Aktuelles Passwort
page-account-password-done = Ihr Passwort ist geändert. Andere Geräte sind abgemeldet.
page-account-email = Meine E-Mail-Adresse ändern
page-account-new-email = Neue E-Mail-Adresse
page-account-email-done = Öffnen Sie die E-Mail, die wir an { $email } geschickt haben: Die Adresse ändert sich, sobald Sie sie bestätigen.
page-factor-title = Zweiter Schritt bei der Anmeldung
page-factor-off = Zur Anmeldung genügt Ihr Passwort. Mit einer Authentifizierungs-App auf Ihrem Telefon bleibt Ihr Konto Ihres, auch wenn jemand Ihr Passwort erfährt.
page-factor-on = Die Anmeldung fragt nach einem Code aus Ihrer Authentifizierungs-App. Übrige Wiederherstellungscodes: { $count }.
page-factor-add = Eine App hinzufügen
page-factor-scan = Scannen Sie dieses Quadrat mit der Authentifizierungs-App auf Ihrem Telefon, oder tippen Sie diesen Schlüssel ein:
page-factor-code = Code, den die App anzeigt
page-factor-confirm = Bestätigen
page-factor-codes = Neue Wiederherstellungscodes
page-factor-codes-label = Wiederherstellungscodes
page-factor-keep = Bewahren Sie diese Codes sicher und nicht auf Ihrem Telefon auf: Mit jedem können Sie sich einmal ohne die App anmelden. Sie werden nicht noch einmal angezeigt.
page-factor-remove = Die App entfernen
page-factor-removed = Die App ist entfernt. Zur Anmeldung genügt wieder Ihr Passwort.
page-account-data = Meine Daten herunterladen
page-account-sign-out = Dieses Gerät abmelden
page-account-change = Ändern

## Die anderen Links in E-Mails

page-confirm-title = Ihre E-Mail-Adresse bestätigen
page-confirm-what = Bestätigen Sie, dass die Adresse, an die die E-Mail ging, Ihre ist.
page-confirm-button = Diese Adresse bestätigen
page-confirm-done = Die E-Mail-Adresse Ihres Kontos ist jetzt { $email }.
page-revoke-title = Waren Sie das nicht?
page-revoke-what = Dieser Knopf macht den Link aus der E-Mail ungültig. Er ändert weder Ihr Passwort noch Ihre Adresse.
page-revoke-button = Link ungültig machen
page-revoke-done = Dieser Link kann nicht mehr benutzt werden. Wenn jemand anders getan hat, wovon die E-Mail berichtet, fordern Sie ein neues Passwort an und benachrichtigen Sie die Person, die an Ihrer Schule oder Einrichtung die Konten verwaltet.
page-not-me-what = Drücken Sie diesen Knopf nur, wenn Sie es nicht waren. Wir melden dann alle Geräte ab, Ihr Passwort gilt nicht mehr, und wir senden an die Adresse Ihres Kontos einen Link, um ein neues zu wählen.
page-not-me-address = Drücken Sie diesen Knopf nur, wenn Sie es nicht waren. Ihr Konto erhält dann die Adresse zurück, an die die E-Mail gesendet wurde, alle Geräte werden abgemeldet, das Passwort gilt nicht mehr, und wir senden an diese Adresse einen Link, um ein neues zu wählen.
page-not-me-button = Das war nicht ich
page-not-me-done = Erledigt: Alle Geräte sind abgemeldet, und das alte Passwort gilt nicht mehr. Öffnen Sie die E-Mail, die wir Ihnen gesendet haben, um ein neues Passwort zu wählen, und benachrichtigen Sie dann die Person, die an Ihrer Schule oder Einrichtung die Konten verwaltet.

## Fehler

page-missing-title = Diese Seite gibt es nicht
page-missing-what = Prüfen Sie die Adresse. Wenn Sie einen Link aus einer E-Mail kopiert haben, kopieren Sie ihn vollständig.
page-error-title = Das hat nicht funktioniert
page-unreadable = Diese Anfrage konnte nicht gelesen werden. Gehen Sie zur vorigen Seite zurück und versuchen Sie es noch einmal.

## Entwicklungsseite

page-home-title = Guichet ist geöffnet
page-home-what = Noch ist keine Anwendung konfiguriert (GUICHET_APP_URL). Das antwortet unter dieser Adresse:
page-home-calls = gRPC und grpc-web, mit Reflection
page-home-keys = Schlüssel, die Zugriffstoken prüfen
page-home-discovery = Aussteller und Algorithmen, für Gateways

## Konten freischalten

page-desk-title = Konten freischalten
page-desk-no-script = Um Konten freizuschalten, aktivieren Sie JavaScript in Ihrem Browser.
page-desk-not-yours = Diese Seite ist für Personen, die eine Einrichtung verwalten. Bitten Sie Ihren Träger um dieses Recht.
page-desk-progress = Wie weit ist die Umstellung?
page-desk-total = { $active } Personen können sich anmelden, { $pending } haben eine E-Mail erhalten, { $legacy } warten auf ihre Umstellung, { $missing } haben keine Adresse.
page-desk-institution = Einrichtung
page-desk-legacy = Umzustellen
page-desk-pending = E-Mail gesendet
page-desk-active = Können sich anmelden
page-desk-disabled = Gesperrt
page-desk-missing = Ohne Adresse
page-desk-export = Diese Tabelle herunterladen (CSV)
page-desk-people = Die Personen
page-desk-search = Jemanden suchen
page-desk-search-hint = Name, Benutzername, Adresse oder alte Nummer. Leer lassen, um alle zu sehen.
page-desk-everywhere = Alle
page-desk-situation = Situation
page-desk-stuck = Können sich noch nicht anmelden
page-desk-anybody = Alle
page-desk-NOT_MIGRATED = Altes Konto, noch nicht umgestellt
page-desk-NO_ADDRESS = Keine E-Mail-Adresse
page-desk-UNDELIVERED = E-Mail nicht angekommen
page-desk-MAILED = E-Mail gesendet, noch kein Passwort gewählt
page-desk-ACTIVE = Kann sich anmelden
page-desk-DISABLED = Konto gesperrt
page-desk-find = Suchen
page-desk-found = Angezeigte Personen: { $count }
page-desk-none = Niemand passt dazu.
page-desk-more = Mehr anzeigen
page-desk-select-all = Alle angezeigten Personen auswählen
page-desk-no-address = keine Adresse
page-desk-email = E-Mail-Adresse
page-desk-migrate = Umstellen und E-Mail senden
page-desk-send = E-Mail erneut an diese Adresse senden
page-desk-change = Adresse ändern
page-desk-link = Link für ein neues Passwort senden
page-desk-code = Code aushändigen
page-desk-history = Was ist passiert?
page-desk-unlock = Wartezeit nach zu vielen Versuchen aufheben
page-desk-enable = Konto wieder freigeben
page-desk-factor = Die Authentifizierungs-App entfernen
page-desk-factor-sure = Die Authentifizierungs-App von { $name } entfernen? Danach genügt das Passwort. Vergewissern Sie sich, dass wirklich diese Person darum bittet.
page-desk-done-factor = { $name } meldet sich ab jetzt mit dem Passwort allein an und wurde per E-Mail darüber informiert.
page-desk-done-send = Eine E-Mail an { $email } ist unterwegs.
page-desk-done-change = Die Adresse ändert sich, sobald die Person sie mit der E-Mail an { $email } bestätigt.
page-desk-done-enable = Das Konto von { $name } ist wieder freigegeben.
page-desk-done-unlock = Die Fehlversuche von { $name } sind vergessen: Diese Person kann es sofort erneut versuchen.
page-desk-mail = E-Mail vom { $time }: { $state }
page-desk-mail-QUEUED = wartet auf Versand
page-desk-mail-SENT = gesendet
page-desk-mail-DEAD = aufgegeben
page-desk-mail-BOUNCED = zurückgekommen
page-desk-selected = Für die ausgewählten Personen
page-desk-send-selected = Umstellen und E-Mails senden
page-desk-sheets = Ein Blatt pro Person drucken
page-desk-list = Eine Liste drucken
page-desk-nobody = Wählen Sie zuerst Personen aus.
page-desk-batch = Gesendet: { $done }. Abgelehnt: { $refused }. Ausgelassen: { $left }.
page-desk-batch-codes = Codes erstellt: { $done }. Abgelehnt: { $refused }. Ausgelassen: { $left }.
page-desk-verdict = { $name }: { $why }
page-desk-file = Mit einer Adressdatei umstellen
page-desk-file-label = CSV-Datei
page-desk-file-hint = Zwei Spalten: Benutzername oder alte Nummer, dann die E-Mail-Adresse.
page-desk-file-button = Diese Personen umstellen
page-desk-file-wrong = Diese Datei hat keine zwei Textspalten oder mehr als { $max } Zeilen.
page-desk-row = Zeile { $row }, { $who }: { $outcome }
page-desk-row-unknown = in Ihren Einrichtungen nicht gefunden
page-desk-row-settled = kann sich schon anmelden, oder das Konto ist gesperrt
page-desk-row-ambiguous = nichts gesendet, denn zwei Konten passen oder eine andere Zeile meint dieselbe Person
page-desk-row-head = als Namen der Spalten verstanden
page-desk-row-refused = abgelehnt ({ $reason })
page-desk-why-UNANSWERED = keine Antwort: sehen Sie in der Liste nach
page-desk-why-INVALID_FIELDS = keine gültige E-Mail-Adresse
page-desk-why-STATE = der Zustand des Kontos lässt es nicht zu
page-desk-why-FORBIDDEN = Sie haben dieses Recht für diese Person nicht
page-desk-why-NOT_FOUND = in Ihren Einrichtungen nicht gefunden
page-desk-sheet = Ihr Passwort wählen
page-desk-sheet-open = Scannen Sie dieses Quadrat mit einem Telefon, oder öffnen Sie diese Adresse:
page-desk-sheet-code = Geben Sie Ihren Code ein:
page-desk-sheet-email = Wo nach der E-Mail-Adresse gefragt wird, geben Sie ein:
page-desk-sheet-choose = Wählen Sie ein Passwort und melden Sie sich dann mit Ihrem Benutzernamen an:
page-desk-sheet-until = Der Code gilt bis { $time } und nur einmal. Zeigen Sie ihn niemandem.
page-desk-print = Drucken
page-desk-history-none = Keine Anfrage in letzter Zeit.
page-desk-request = Anfrage vom { $time } ({ $identifier }): { $outcome }
page-desk-outcome-QUEUED = wartet
page-desk-outcome-MAILED = E-Mail vorbereitet
page-desk-outcome-MAILED-QUEUED = E-Mail wartet auf Versand
page-desk-outcome-MAILED-SENT = E-Mail gesendet
page-desk-outcome-NOT_MIGRATED = Konto noch nicht umgestellt
page-desk-outcome-NO_EMAIL = Konto ohne Adresse
page-desk-outcome-DISABLED = Konto gesperrt
page-desk-outcome-THROTTLED = zu oft angefragt: nichts gesendet
page-desk-outcome-REFUSED = E-Mail aufgegeben
page-desk-outcome-BOUNCED = E-Mail zurückgekommen
page-desk-opened = Link geöffnet am { $time }
page-desk-completed = Passwort gewählt am { $time }
page-desk-outcome-UNKNOWN = unbekannter Benutzername oder unbekannte Adresse
page-desk-requests = Letzte Anfragen
page-desk-show = Diese Person zeigen
