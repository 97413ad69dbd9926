# The mails.

## Common to all

mail-greeting = Hello,
mail-automatic = This e-mail was sent to you automatically by { $app }. Nobody will ever ask for your password by e-mail or telephone.
mail-link-hint = You cannot click the link? Copy all of it and paste it into the address bar of your browser.
mail-link-lifetime =
    { $count ->
        [one] This link is valid for { $lifetime } and works only once.
       *[other] These links are valid for { $lifetime } and each works only once.
    }
mail-account = Account { $username }:
mail-ignore = If you did not ask for this, you can ignore this e-mail: nothing has changed.
mail-facts-needed = This is the information you will need:
mail-facts = This is the information of your account:
mail-username-label = Your username:
mail-email-label = Your e-mail address:

## New password

mail-reset-subject = Choose a new password for { $app }
mail-reset-why = You are receiving this e-mail because someone, probably you, asked for a new password for { $app }.
mail-reset-link =
    { $count ->
        [one] To choose your new password, open this link:
       *[other] Several accounts use your e-mail address, and each has its own link. To choose a new password, open the link of the account concerned:
    }
mail-reset-button = Choose a new password
mail-reset-not-me = This was not you? Do not worry, your password has not changed. You can cancel the request here:
mail-reset-revoke = Cancel the request

## Old accounts, not migrated yet

mail-ask-subject = Your old account must first be migrated to { $app }
mail-ask-named = The account { $username } is an old account that has not been migrated yet. That is why we cannot send you a link for it. Please contact { $institution }: they can solve this for you.
mail-ask-unnamed = The account { $username } is an old account that has not been migrated yet. That is why we cannot send you a link for it. Please contact your school's management, your school authority or your institution: they can solve this for you.
mail-ask-words = For example, you can write: “Could you please migrate my old account { $username } to { $app }, with my e-mail address { $email }?”
mail-ask-contact = Contact: { $contact }
mail-ask-next = As soon as this is done, you will receive an e-mail with a link to choose your password.

## Reminder of usernames

mail-usernames-subject =
    { $count ->
        [one] Your username for { $app }
       *[other] Your usernames for { $app }
    }
mail-usernames-why =
    { $count ->
        [one] You are receiving this e-mail because someone, probably you, asked for a reminder of your username for { $app }. You will find it at the bottom of this e-mail.
       *[other] You are receiving this e-mail because someone, probably you, asked for a reminder of your usernames for { $app }. You will find them at the bottom of this e-mail.
    }
mail-usernames-sign-in = To sign in, type your username, not your e-mail address:
mail-usernames-sign-in-button = Sign in to { $app }
mail-usernames-forgot = You have forgotten your password too? Ask for a new one here:
mail-usernames-forgot-button = Forgotten password

## Activation

mail-activation-subject = Activate your { $app } account
mail-activation-why = You are receiving this e-mail because a { $app } account has been prepared for you. All that is missing is your password.
mail-activation-link = To choose your password and activate the account, open this link:
mail-activation-button = Choose my password
mail-activation-not-me = You were not expecting this account? Without a password, nobody can use it. You can also cancel this link:
mail-activation-revoke = Cancel this link

## Password changed

mail-changed-subject = Your { $app } password has been changed
mail-changed-what = The password of your { $app } account was changed on { $time }.
mail-changed-me = This was you? Then all is well and there is nothing you need to do.
mail-not-me = This was not you? Say so here at once. We will then sign out every device, make your password useless and send you a link to choose a new one. After that, tell the person who manages the accounts at your school or institution.
mail-not-me-button = This was not me

## Change of e-mail address

mail-confirm-subject = Confirm your e-mail address for { $app }
mail-confirm-why = You are receiving this e-mail because { $email } was given as the new e-mail address of the account { $username } of { $app }.
mail-confirm-link = To confirm that this address is yours, open this link:
mail-confirm-button = Confirm this address
mail-confirm-ignore = If you did not ask for this, you can ignore this e-mail: the address of the account will stay as it is.

mail-move-subject = Request for a new e-mail address for your { $app } account
mail-move-what = Someone, probably you, asked for { $email } to become the e-mail address of your { $app } account. Nothing changes until the new address has been confirmed.
mail-move-me = This was you? Open the e-mail that we have sent to the new address.
mail-move-not-me = This was not you? Cancel the request here, then tell the person who manages the accounts at your school or institution:
mail-move-revoke = Cancel the request

mail-moved-subject = The e-mail address of your { $app } account has changed
mail-moved-what = The e-mail address of your { $app } account was { $old }. It is now { $new }, and our e-mails will be sent to that address.
mail-moved-not-me = This was not you? Tell the person who manages the accounts at your school or institution at once.
mail-moved-back = This was not you? Say so here within 7 days. Your account then gets this address back, every device is signed out, the password becomes useless, and we send you a link to choose a new one here. After that, tell the person who manages the accounts at your school or institution.

## A code handed over

mail-code-subject = A code to choose your { $app } password
mail-code-what = The person who manages the accounts at your school or institution has prepared a code with which you can choose a new password for your { $app } account. They will give it to you themselves: it is not in this e-mail. It is valid until { $time }, and your password does not change unless you use it.
mail-code-me = Did you ask for it? Then all is well.
mail-code-not-me = You did not ask for anything? Tell that person at once, and give the code to nobody. Here you can make the code useless:

## Second factor

mail-factor-subject = Your { $app } account: second step at sign-in
mail-factor-added = On { $time }, an authenticator app was added to your { $app } account. From now on, signing in asks for a code from it.
mail-factor-removed = On { $time }, the authenticator app of your { $app } account was removed. Your password alone is enough to sign in again.
mail-factor-replaced = On { $time }, the recovery codes of your { $app } account were replaced. The earlier ones no longer work.
mail-factor-used = On { $time }, a recovery code was used to sign in to your { $app } account. It will not work a second time.

## Sign-in from somewhere new

mail-place-subject = New sign-in to your { $app } account
mail-place-what = On { $time }, someone signed in to your { $app } account from a place that we had not seen before.
mail-place-device = On { $time }, someone signed in to your { $app } account from a place that we had not seen before, with this device: { $device }.

## Sign-in after many wrong passwords

mail-failures-subject = Sign-in to your { $app } account after many wrong passwords
mail-failures-what =
    { $count ->
        [one] On { $time }, someone signed in to your { $app } account after { $count } wrong password.
       *[other] On { $time }, someone signed in to your { $app } account after { $count } wrong passwords.
    }
mail-device = The device calls itself: { $device }.

## A new password asked for, and refused

mail-refused-subject = Request for a new password for { $app }
mail-refused-disabled = On { $time }, someone asked for a new password for your { $app } account. That account has been stopped, so we have not sent a link. If you need it again, ask the person who manages the accounts at your school or institution.
mail-refused-often = On { $time }, someone asked for a new password for your { $app } account once more. That was too often, so we have not sent another link. The link in our latest e-mail may still be good; otherwise try again in an hour.
mail-refused-killed = On { $time }, someone gave wrong answers with a link or a code for a new password for your { $app } account until it died. Your password has not changed. If you need a new one, ask for another link.
mail-refused-not-me = This was not you? Your password has not changed. Here you can make every link and every code for a new password useless:
mail-refused-ignore = If you did not ask for this, you need not do anything.

## A session that ended because its old token was used again

mail-stolen-subject = Your { $app } account: a session was ended
mail-stolen-what = On { $time }, an expired key to a session of your { $app } account was used once more. That happens when somebody has copied it. We have therefore ended that session: sign in again where you still need it.
mail-stolen-me = Have you just moved your data to another device or restored a backup? Then all is well.

## Another username

mail-username-subject = Your { $app } username has changed
mail-username-what = On { $time }, the username of your { $app } account was changed by someone who manages the accounts. Until now it was { $before }. Your new username is below; your password stays the same.
mail-username-ask = You did not expect this? Ask the person who manages the accounts at your school or institution.

## Test

mail-test-subject = Test of the e-mails of { $app }
mail-test-what = This e-mail is a test: it shows that the e-mails of { $app } arrive. There is nothing you need to do.
mail-test-facts = It was sent to this address:

## Accounts that are guessed at

mail-guessed-subject = { $app }: passwords are being tried on the accounts that you look after
mail-guessed-what = On { $time }, wrong passwords were tried within ten minutes on { $count } accounts of { $institution }, from networks where their owners have never signed in. You are receiving this e-mail because you look after these accounts.
mail-guessed-advice = Such tries are slowed down, and nobody is locked out: your colleagues sign in as usual. Ask them not to use the password of another service here, and tell your IT department if this e-mail comes again. You will not get more than one a day.
