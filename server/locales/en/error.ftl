# Refusals of a request (error-), of a field (violation-), and password rules (rule-).

## Errors, one per reason

error-INVALID_FIELDS = Some information is missing or not correct. Correct the fields that are marked, then try again.
error-PASSWORD_RULES = This password does not follow all the rules. Choose another one.
error-EMAIL_NOT_USERNAME = You typed an e-mail address. Type your username instead: you will find it at the bottom of the e-mail we sent you.
error-BAD_CREDENTIALS = Signing in failed. Check your username and your password, then try again. If it still does not work, ask for a new password.
error-WRONG_CODE = This code is not right, or it was used before. Wait for the next code of your app, then try again.
error-WRONG_PASSWORD = The current password is not right. Check it, then try again.
error-TOKEN_INVALID = Your session is not valid. Please sign in again.
error-TOKEN_EXPIRED = Your session has expired. Please sign in again.
error-TOKEN_REUSED = For your safety, your session was closed because it was used twice. Please sign in again.
error-FORBIDDEN = You are not allowed to do this. Ask the person who manages the accounts.
error-NOT_FOUND = We could not find what you are looking for. Check your request.
error-RESET_CODE_INVALID = This link, this code or the e-mail address given is not valid. Check what you have typed, or ask for a new link.
error-STATE = This is not possible in the current state. Refresh the page to see what has changed.
error-USERNAME_TAKEN = This username is already in use. Choose another one.
error-EXTERNAL_ID_TAKEN = This external id is already in use. Check whether it is the same account.
error-ETAG_MISMATCH = Someone else changed this information in the meantime. Reload it, then make your change again.
error-THROTTLED = There were too many attempts. Wait a little, then try again.
error-OVERLOADED = Many people are signing in right now. Try again in a few seconds.
error-STORE_UNAVAILABLE = The service is not available at the moment. Try again in a few minutes.
error-INTERNAL = Something went wrong on our side. Try again in a few minutes; if it happens again, tell the person who manages the accounts.

## Refused fields, one text per reason

violation-REQUIRED = This field is required.
violation-TOO_LONG =
    { $max ->
        [one] This field is too long: at most { $max } character.
       *[other] This field is too long: at most { $max } characters.
    }
violation-FORBIDDEN_CHARACTER = This field contains a character that is not allowed.
violation-MIXED_SCRIPTS = This field mixes letters of several alphabets that look alike. Use only one.
violation-RESERVED = This name is reserved. Choose another one.
violation-EMAIL_NOT_USERNAME = Please use your username, not your e-mail address.
violation-INVALID_EMAIL = This is not a valid e-mail address. Example: jean.dupont@ecole.be
violation-INVALID_ID = This is not a valid id (UUID).
violation-INVALID_LOCALE = This language is not known. Choose fr, en, nl or de.
violation-NOT_ALLOWED = This value is not allowed here.
violation-OUT_OF_RANGE = This value is too small or too large.
violation-INVALID_FILTER = This filter is not understood. Check how it is written.
violation-INVALID_ORDER = This sort order is not understood. Check the name of the field.
violation-PAGE_TOKEN_INVALID = This page no longer exists or does not belong to the request. Start again at the first page.
violation-UNKNOWN_FIELD = This field does not exist.
violation-UNKNOWN_VALUE = This value is not known.
violation-READ_ONLY = This field cannot be changed.
violation-UNKNOWN_FORMAT = This format is not recognised.
violation-TOO_COSTLY = This password hash would take too much computing. It is not accepted.
violation-MALFORMED = This value is not written correctly.
violation-TOO_MANY = There are too many items: at most { $max }.
violation-UNKNOWN_ROLE = This role does not exist.
violation-UNKNOWN_INSTITUTION = This institution is not known.
violation-USERNAME_TAKEN = This username is already in use.
violation-EXTERNAL_ID_TAKEN = This external id is already in use.
violation-EMAIL_ELSEWHERE = An account of another institution has this address. Find out whether it is the same person.
violation-DUPLICATE_ROW = This import has already had a row of this person.
violation-ACCOUNT_CHANGED = The account was changed or used here since, so the row was not taken over.
violation-INVALID_ENCODING = This is not UTF-8. Save the file as UTF-8.
violation-INVALID_JSON = This line is not a JSON object.

## Password rules

rule-MIN_LENGTH =
    { $min ->
        [one] The password must have at least { $min } character.
       *[other] The password must have at least { $min } characters.
    }
rule-MAX_LENGTH =
    { $max ->
        [one] The password must have at most { $max } character.
       *[other] The password must have at most { $max } characters.
    }
rule-DIGIT = The password must contain at least one digit ('0'-'9').
rule-DIGIT-example = Sunny45+
rule-UPPERCASE = The password must contain at least one capital letter ('A'-'Z').
rule-UPPERCASE-example = 123Garden*
rule-SPECIAL = The password must contain at least one special character.
rule-SPECIAL-example = Cool72++
rule-NOT_COMMON = The password must not be a common one that is easy to guess.
rule-NOT_IDENTIFIER = The password must not contain your username or your e-mail address.
rule-NOT_PREVIOUS =
    { $max ->
        [one] The password must differ from your present one.
       *[other] The password must differ from your last { $max } passwords.
    }
