# The pages.

## Common to all

page-skip = Skip to the content
page-languages = Language
page-expired-form = This form has expired. Check what you have typed, then send it again.
page-throttled = There have been too many tries. Try again in { $wait }.
page-offline = You are not connected to the internet. What you typed is kept: try again once you are back online.
page-slow = The service is taking too long to answer. What you typed is kept: try again in a moment.
page-show = Show
page-hide = Hide
page-show-password = Show the password
page-hide-password = Hide the password
page-caps-lock = Caps Lock is on.
page-username-label = Username
page-email-label = E-mail address
page-password-label = Password
page-back = Back to sign-in

## Sign-in

page-login-title = Sign in to { $app }
page-login-hint = Your username is not your e-mail address. You will find it at the foot of the e-mail that we sent you.
page-login-button = Sign in
page-login-forgot = Forgot your password?
page-login-old-title = Did you already use { $app } before?
page-login-old = A new, safer way to sign in has been set up. Your account has probably been migrated already: all that is left is to choose a new password.
page-login-old-link = Get an e-mail to choose my password
page-challenge-label = Code
page-challenge-hint = The six digits that your authenticator app shows, or one of your recovery codes.
page-challenge-lost = You have neither the app nor a code? The person who manages the accounts at your school or institution can help you.
page-challenge-button = Continue
page-challenge-again = Start again

## Forgotten password

page-forgot-title = Forgotten password
page-forgot-intro = We will send you an e-mail with a link to choose a new password.
page-forgot-by = Recover by
page-forgot-identifier = Your username or your e-mail address
page-forgot-button = Send the e-mail
page-forgot-usernames = I have forgotten my username too
page-usernames-title = Forgotten username
page-usernames-intro = Type your e-mail address. We will send you the list of your usernames.

## Check your e-mail

page-sent-title = Check your e-mail
page-sent-reset = If an account matches what you typed, an e-mail is on its way. It holds a link that is good for { $lifetime } and, at its foot, your username.
page-sent-usernames = If any accounts use this address, an e-mail with their usernames is on its way.
page-sent-none-title = No e-mail?
page-sent-none-wait = Wait a few minutes, then look in your spam folder too.
page-sent-none-check = Check that you typed the right username, or the e-mail address of your account.
page-sent-none-ask = Still nothing? Your old account may not have been migrated yet. Ask { $institution }, who can sort it out for you.
page-institution = your head teacher, your school board or your institution
page-contact = Contact: { $contact }
page-sent-again = Send the e-mail again
page-sent-again-wait = You can send the e-mail again in { $seconds } s.

## New password

page-reset-title = Choose a new password
page-reset-until = This link is good until { $time }.
page-reset-email-hint = The address to which the e-mail was sent; your username if your account has no address.
page-code-label = Your code
page-code-hint = The code that you were given. Hyphens and capital letters do not matter.
page-new-password-label = New password
page-confirm-label = Confirm the password
page-rules = Password rules
page-rules-examples = Examples: { $examples }
page-rule-met = met
page-rule-unmet = not met yet
page-strength-none = Tip: several words in a row are hard to guess and easy to remember.
page-strength-weak = Easy to guess.
page-strength-fair = Fair.
page-strength-strong = Hard to guess.
page-strength-why-COMMON = It is one of the passwords that are tried first.
page-strength-why-EXAMPLE = It is an example of this page, which everybody can see.
page-strength-why-IDENTIFIER = It contains your username or your address.
page-strength-why-RUN = It contains a run or a repetition, such as 1234, qwerty or aaa.
page-strength-why-YEAR = It contains a year or a date, which is soon guessed.
page-strength-why-SHORT = Add a word or two to make it harder to guess.
page-strength-why-LONG = Keep it for this account only.
page-reset-button = Set the password
page-mismatch = The two passwords are not the same.
page-dead-title = This link is no longer good
page-dead-why = A link works only once and expires after a while. If you have just chosen a password with it, sign in with that one.
page-dead-again = Get a new link
page-incomplete-title = This address is incomplete
page-incomplete-why = Open the link in the e-mail again. If you have just chosen a password with it, sign in with that one.

## Confirmation

page-done-title = Your password has been set
page-done-username = To sign in, type your username: { $username }
page-done-link = Click here to sign in
page-done-redirect = You will be taken to { $host } in { $seconds } seconds.
page-done-stop = Stay on this page

## My account

page-account-title = My account
page-account-who = You are signed in as { $username }.
page-account-no-script = To see and change your account, turn JavaScript on in your browser. You can sign out here without it.
page-account-sessions = Where I am signed in
page-account-this = this device
page-account-unnamed = Unnamed device
page-account-since = Signed in on { $start }, used on { $last }, from { $place }
page-account-end = Sign out
page-account-end-others = Sign out all other devices
page-account-password = Change my password
page-account-current = Current password
page-account-password-done = Your password is changed. Other devices are signed out.
page-account-email = Change my e-mail address
page-account-new-email = New e-mail address
page-account-email-done = Open the e-mail that we sent to { $email }: the address changes once you confirm it.
page-factor-title = Second step at sign-in
page-factor-off = Your password is enough to sign in. With an authenticator app on your telephone, your account stays yours even if somebody learns your password.
page-factor-on = Signing in asks for a code from your authenticator app. Recovery codes left: { $count }.
page-factor-add = Add an app
page-factor-scan = Scan this square with the authenticator app on your telephone, or type this key into it:
page-factor-code = Code that the app shows
page-factor-confirm = Confirm
page-factor-codes = New recovery codes
page-factor-codes-label = Recovery codes
page-factor-keep = Keep these codes in a safe place, apart from your telephone: each lets you sign in once without the app. They are not shown again.
page-factor-remove = Remove the app
page-factor-removed = The app is removed. Your password is enough to sign in again.
page-account-data = Download my data
page-account-sign-out = Sign out of this device
page-account-change = Change

## The other links of mails

page-confirm-title = Confirm your e-mail address
page-confirm-what = Confirm that the address to which the e-mail was sent is yours.
page-confirm-button = Confirm this address
page-confirm-done = The e-mail address of your account is now { $email }.
page-revoke-title = Was this not you?
page-revoke-what = This button makes the link of the e-mail useless. It changes neither your password nor your address.
page-revoke-button = Cancel this link
page-revoke-done = This link can no longer be used. If somebody else did what the e-mail tells of, ask for a new password and tell the person who manages the accounts at your school or institution.
page-not-me-what = Only press this button if it was not you. We will then sign out every device, your password will no longer work, and we will send a link to choose a new one to the address of your account.
page-not-me-address = Only press this button if it was not you. Your account then gets back the address to which the e-mail was sent, every device is signed out, the password no longer works, and we send a link to choose a new one to that address.
page-not-me-button = This was not me
page-not-me-done = Done: every device is signed out and the old password no longer works. Open the e-mail that we have sent you to choose a new password, then tell the person who manages the accounts at your school or institution.

## Errors

page-missing-title = This page does not exist
page-missing-what = Check the address. If you copied a link from an e-mail, copy all of it.
page-error-title = That did not work
page-unreadable = This request could not be read. Go back to the previous page and try again.

## Development page

page-home-title = Guichet is open
page-home-what = No application is configured yet (GUICHET_APP_URL). This is what answers at this address:
page-home-calls = gRPC and grpc-web, with reflection
page-home-keys = Keys that verify access tokens
page-home-discovery = Issuer and algorithms, for gateways

## Unblocking accounts

page-desk-title = Unblock accounts
page-desk-no-script = To unblock accounts, turn JavaScript on in your browser.
page-desk-not-yours = This page is for people who act for an institution. Ask your authority for that right.
page-desk-progress = How far is the migration?
page-desk-total = { $active } people can sign in, { $pending } have been mailed, { $legacy } wait to be migrated, { $missing } have no address.
page-desk-institution = Institution
page-desk-legacy = To migrate
page-desk-pending = Mailed
page-desk-active = Can sign in
page-desk-disabled = Stopped
page-desk-missing = No address
page-desk-export = Download this table (CSV)
page-desk-people = The people
page-desk-search = Find somebody
page-desk-search-hint = Name, username, address or old id. Leave it empty to see everybody.
page-desk-everywhere = All
page-desk-situation = Situation
page-desk-stuck = Cannot sign in yet
page-desk-anybody = Everybody
page-desk-NOT_MIGRATED = Old account, not migrated yet
page-desk-NO_ADDRESS = No e-mail address
page-desk-UNDELIVERED = Mail did not arrive
page-desk-MAILED = Mailed, no password chosen yet
page-desk-ACTIVE = Can sign in
page-desk-DISABLED = Account stopped
page-desk-find = Find
page-desk-found = People shown: { $count }
page-desk-none = Nobody matches.
page-desk-more = Show more
page-desk-select-all = Select everybody shown
page-desk-no-address = no address
page-desk-email = E-mail address
page-desk-migrate = Migrate and send the mail
page-desk-send = Send the mail to this address again
page-desk-change = Change the address
page-desk-link = Mail a link for a new password
page-desk-code = Hand over a code
page-desk-history = What happened?
page-desk-unlock = End the wait after too many tries
page-desk-enable = Let the account sign in again
page-desk-factor = Remove the authenticator app
page-desk-factor-sure = Remove the authenticator app of { $name }? From then on the password alone is enough. Be sure that it is really this person who asks.
page-desk-done-factor = { $name } signs in with the password alone from now on, and was told so by e-mail.
page-desk-done-send = A mail is on its way to { $email }.
page-desk-done-change = The address changes once the person confirms it with the mail sent to { $email }.
page-desk-done-enable = The account of { $name } is no longer stopped.
page-desk-done-unlock = The failed tries of { $name } are forgotten: this person can try again at once.
page-desk-mail = Mail of { $time }: { $state }
page-desk-mail-QUEUED = waiting to be sent
page-desk-mail-SENT = sent
page-desk-mail-DEAD = given up
page-desk-mail-BOUNCED = came back
page-desk-selected = For the people selected
page-desk-send-selected = Migrate and send the mails
page-desk-sheets = Print a sheet for each
page-desk-list = Print a list
page-desk-nobody = Select people first.
page-desk-batch = Sent: { $done }. Refused: { $refused }. Left out: { $left }.
page-desk-batch-codes = Codes made: { $done }. Refused: { $refused }. Left out: { $left }.
page-desk-verdict = { $name }: { $why }
page-desk-file = Migrate with a file of addresses
page-desk-file-label = CSV file
page-desk-file-hint = Two columns: the username or old id, then the e-mail address.
page-desk-file-button = Migrate these people
page-desk-file-wrong = This file has no two columns of text, or more than { $max } lines.
page-desk-row = Line { $row }, { $who }: { $outcome }
page-desk-row-unknown = not found in your institutions
page-desk-row-settled = can sign in already, or the account is stopped
page-desk-row-ambiguous = nothing sent, because two accounts fit or another line means the same person
page-desk-row-head = taken for the names of the columns
page-desk-row-refused = refused ({ $reason })
page-desk-why-UNANSWERED = no answer: look at the list
page-desk-why-INVALID_FIELDS = not a valid e-mail address
page-desk-why-STATE = the state of the account does not allow it
page-desk-why-FORBIDDEN = you have no such right for this person
page-desk-why-NOT_FOUND = not found in your institutions
page-desk-sheet = Choose your password
page-desk-sheet-open = Scan this square with a phone, or open this address:
page-desk-sheet-code = Type your code:
page-desk-sheet-email = Where the e-mail address is asked, type:
page-desk-sheet-choose = Choose a password, then sign in with your username:
page-desk-sheet-until = The code is good until { $time }, and once only. Show it to nobody.
page-desk-print = Print
page-desk-history-none = No recent request.
page-desk-request = Asked on { $time } ({ $identifier }): { $outcome }
page-desk-outcome-QUEUED = waiting
page-desk-outcome-MAILED = mail prepared
page-desk-outcome-MAILED-QUEUED = mail waiting to be sent
page-desk-outcome-MAILED-SENT = mail sent
page-desk-outcome-NOT_MIGRATED = account not migrated yet
page-desk-outcome-NO_EMAIL = account without address
page-desk-outcome-DISABLED = account stopped
page-desk-outcome-THROTTLED = asked too often: nothing was sent
page-desk-outcome-REFUSED = mail given up
page-desk-outcome-BOUNCED = mail came back
page-desk-opened = link opened on { $time }
page-desk-completed = password chosen on { $time }
page-desk-outcome-UNKNOWN = unknown username or address
page-desk-requests = Latest requests
page-desk-show = Show this person
