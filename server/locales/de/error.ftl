# Abgelehnte Anfragen (error-), abgelehnte Felder (violation-) und Passwortregeln (rule-).

## Fehler, einer je Grund

error-INVALID_FIELDS = Einige Angaben fehlen oder sind nicht richtig. Berichtigen Sie die markierten Felder und versuchen Sie es erneut.
error-PASSWORD_RULES = Dieses Passwort erfüllt nicht alle Regeln. Wählen Sie ein anderes.
error-EMAIL_NOT_USERNAME = Sie haben eine E-Mail-Adresse eingegeben. Geben Sie stattdessen Ihren Benutzernamen ein: Sie finden ihn am Ende der E-Mail, die wir Ihnen gesendet haben.
error-BAD_CREDENTIALS = Die Anmeldung ist fehlgeschlagen. Prüfen Sie Ihren Benutzernamen und Ihr Passwort und versuchen Sie es erneut. Wenn es weiterhin nicht funktioniert, fordern Sie ein neues Passwort an.
error-WRONG_CODE = Dieser Code stimmt nicht oder wurde schon benutzt. Warten Sie auf den nächsten Code Ihrer App und versuchen Sie es erneut.
error-WRONG_PASSWORD = Das aktuelle Passwort stimmt nicht. Prüfen Sie es und versuchen Sie es erneut.
error-TOKEN_INVALID = Ihre Sitzung ist nicht gültig. Melden Sie sich bitte erneut an.
error-TOKEN_EXPIRED = Ihre Sitzung ist abgelaufen. Melden Sie sich bitte erneut an.
error-TOKEN_REUSED = Zu Ihrer Sicherheit wurde Ihre Sitzung beendet, weil sie zweimal verwendet wurde. Melden Sie sich bitte erneut an.
error-FORBIDDEN = Dazu sind Sie nicht berechtigt. Wenden Sie sich an die Person, die die Konten verwaltet.
error-NOT_FOUND = Wir haben nicht gefunden, was Sie suchen. Prüfen Sie Ihre Anfrage.
error-RESET_CODE_INVALID = Dieser Link, dieser Code oder die angegebene E-Mail-Adresse ist nicht gültig. Prüfen Sie Ihre Eingaben oder fordern Sie einen neuen Link an.
error-STATE = Das ist im aktuellen Zustand nicht möglich. Laden Sie die Seite neu, um zu sehen, was sich geändert hat.
error-USERNAME_TAKEN = Dieser Benutzername wird bereits verwendet. Wählen Sie einen anderen.
error-EXTERNAL_ID_TAKEN = Diese externe Kennung wird bereits verwendet. Prüfen Sie, ob es sich um dasselbe Konto handelt.
error-ETAG_MISMATCH = Jemand anderes hat diese Angaben inzwischen geändert. Laden Sie sie neu und nehmen Sie Ihre Änderung noch einmal vor.
error-THROTTLED = Es gab zu viele Versuche. Warten Sie etwas und versuchen Sie es dann erneut.
error-OVERLOADED = Im Moment melden sich viele Personen an. Versuchen Sie es in einigen Sekunden erneut.
error-STORE_UNAVAILABLE = Der Dienst ist zurzeit nicht verfügbar. Versuchen Sie es in einigen Minuten erneut.
error-INTERNAL = Bei uns ist ein Fehler aufgetreten. Versuchen Sie es in einigen Minuten erneut; wenn er wieder auftritt, benachrichtigen Sie die Person, die die Konten verwaltet.

## Abgelehnte Felder, ein Text je Grund

violation-REQUIRED = Dieses Feld ist ein Pflichtfeld.
violation-TOO_LONG = Dieses Feld ist zu lang: höchstens { $max } Zeichen.
violation-FORBIDDEN_CHARACTER = Dieses Feld enthält ein Zeichen, das nicht erlaubt ist.
violation-MIXED_SCRIPTS = Dieses Feld mischt ähnlich aussehende Buchstaben aus mehreren Alphabeten. Verwenden Sie nur eines.
violation-RESERVED = Dieser Name ist reserviert. Wählen Sie einen anderen.
violation-EMAIL_NOT_USERNAME = Bitte verwenden Sie Ihren Benutzernamen und nicht Ihre E-Mail-Adresse.
violation-INVALID_EMAIL = Dies ist keine gültige E-Mail-Adresse. Beispiel: jan.schmitz@schule.be
violation-INVALID_ID = Dies ist keine gültige Kennung (UUID).
violation-INVALID_LOCALE = Diese Sprache ist nicht bekannt. Wählen Sie fr, en, nl oder de.
violation-NOT_ALLOWED = Dieser Wert ist hier nicht erlaubt.
violation-OUT_OF_RANGE = Dieser Wert ist zu klein oder zu groß.
violation-INVALID_FILTER = Dieser Filter ist nicht verständlich. Prüfen Sie die Schreibweise.
violation-INVALID_ORDER = Diese Sortierung ist nicht verständlich. Prüfen Sie den Namen des Feldes.
violation-PAGE_TOKEN_INVALID = Diese Seite gibt es nicht mehr oder sie gehört nicht zur Anfrage. Beginnen Sie wieder bei der ersten Seite.
violation-UNKNOWN_FIELD = Dieses Feld gibt es nicht.
violation-UNKNOWN_VALUE = Dieser Wert ist nicht bekannt.
violation-READ_ONLY = Dieses Feld kann nicht geändert werden.
violation-UNKNOWN_FORMAT = Dieses Format wird nicht erkannt.
violation-TOO_COSTLY = Dieser Passwort-Hash würde zu viel Rechenzeit kosten. Er wird nicht angenommen.
violation-MALFORMED = Dieser Wert ist nicht richtig geschrieben.
violation-TOO_MANY = Es sind zu viele Einträge: höchstens { $max }.
violation-UNKNOWN_ROLE = Diese Rolle gibt es nicht.
violation-UNKNOWN_INSTITUTION = Diese Einrichtung ist nicht bekannt.
violation-USERNAME_TAKEN = Dieser Benutzername wird bereits verwendet.
violation-EXTERNAL_ID_TAKEN = Diese externe Kennung wird bereits verwendet.
violation-EMAIL_ELSEWHERE = Ein Konto einer anderen Einrichtung hat diese Adresse. Prüfen Sie, ob es sich um dieselbe Person handelt.
violation-DUPLICATE_ROW = Dieser Import hatte schon eine Zeile dieser Person.
violation-ACCOUNT_CHANGED = Das Konto wurde hier inzwischen geändert oder benutzt; die Zeile wurde nicht übernommen.
violation-INVALID_ENCODING = Das ist kein UTF-8. Speichern Sie die Datei als UTF-8.
violation-INVALID_JSON = Diese Zeile ist kein JSON-Objekt.

## Passwortregeln

rule-MIN_LENGTH = Das Passwort muss mindestens { $min } Zeichen lang sein.
rule-MAX_LENGTH = Das Passwort darf höchstens { $max } Zeichen lang sein.
rule-DIGIT = Das Passwort muss mindestens eine Ziffer ('0'-'9') enthalten.
rule-DIGIT-example = Sonne45+
rule-UPPERCASE = Das Passwort muss mindestens einen Großbuchstaben ('A'-'Z') enthalten.
rule-UPPERCASE-example = 123Garten*
rule-SPECIAL = Das Passwort muss mindestens ein Sonderzeichen enthalten.
rule-SPECIAL-example = Cool72++
rule-NOT_COMMON = Das Passwort darf kein gängiges Passwort sein, das leicht zu erraten ist.
rule-NOT_IDENTIFIER = Das Passwort darf weder Ihren Benutzernamen noch Ihre E-Mail-Adresse enthalten.
rule-NOT_PREVIOUS =
    { $max ->
        [one] Das Passwort muss sich von Ihrem jetzigen unterscheiden.
       *[other] Das Passwort muss sich von Ihren letzten { $max } Passwörtern unterscheiden.
    }
