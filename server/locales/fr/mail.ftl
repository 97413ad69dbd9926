# Les e-mails. Une espace fine insécable (U+202F) précède : ; ! ? et borde « ».

## Communs à tous

mail-greeting = Bonjour,
mail-automatic = Cet e-mail vous est envoyé automatiquement par { $app }. Personne ne vous demandera votre mot de passe par e-mail ou par téléphone.
mail-link-hint = Vous ne savez pas cliquer sur le lien ? Copiez-le en entier et collez-le dans la barre d'adresse de votre navigateur.
mail-link-lifetime =
    { $count ->
        [one] Ce lien est valable { $lifetime } et ne sert qu'une seule fois.
       *[other] Ces liens sont valables { $lifetime } et chacun ne sert qu'une seule fois.
    }
mail-account = Compte { $username } :
mail-ignore = Si vous n'avez rien demandé, ne tenez pas compte de cet e-mail : rien n'a changé.
mail-facts-needed = Voici les informations dont vous aurez besoin pour y parvenir :
mail-facts = Voici les informations de votre compte :
mail-username-label = Votre identifiant :
mail-email-label = Votre adresse e-mail :

## Nouveau mot de passe

mail-reset-subject = Choisissez un nouveau mot de passe pour { $app }
mail-reset-why = Vous recevez cet e-mail parce que quelqu'un, sans doute vous, a demandé un nouveau mot de passe pour { $app }.
mail-reset-link =
    { $count ->
        [one] Pour choisir votre nouveau mot de passe, ouvrez ce lien :
       *[other] Plusieurs comptes utilisent votre adresse e-mail et chacun a son propre lien. Pour choisir un nouveau mot de passe, ouvrez le lien du compte concerné :
    }
mail-reset-button = Choisir un nouveau mot de passe
mail-reset-not-me = Ce n'était pas vous ? Rassurez-vous, votre mot de passe n'a pas changé. Vous pouvez annuler la demande ici :
mail-reset-revoke = Annuler la demande

## Anciens comptes, pas encore migrés

mail-ask-subject = Votre ancien compte doit d'abord être migré vers { $app }
mail-ask-named = Le compte { $username } est un ancien compte qui n'a pas encore été migré. Nous ne pouvons donc pas vous envoyer de lien pour ce compte. Adressez-vous à { $institution }, qui pourra débloquer votre situation.
mail-ask-unnamed = Le compte { $username } est un ancien compte qui n'a pas encore été migré. Nous ne pouvons donc pas vous envoyer de lien pour ce compte. Adressez-vous à votre direction d'école, à votre pouvoir organisateur ou à votre institution, qui pourra débloquer votre situation.
mail-ask-words = Vous pouvez par exemple écrire : « Pouvez-vous migrer mon ancien compte { $username } vers { $app }, avec mon adresse e-mail { $email } ? »
mail-ask-contact = Contact : { $contact }
mail-ask-next = Dès que ce sera fait, vous recevrez un e-mail avec un lien pour choisir votre mot de passe.

## Rappel des identifiants

mail-usernames-subject =
    { $count ->
        [one] Votre identifiant pour { $app }
       *[other] Vos identifiants pour { $app }
    }
mail-usernames-why =
    { $count ->
        [one] Vous recevez cet e-mail parce que quelqu'un, sans doute vous, a demandé de rappeler votre identifiant pour { $app }. Vous le trouverez en bas de cet e-mail.
       *[other] Vous recevez cet e-mail parce que quelqu'un, sans doute vous, a demandé de rappeler vos identifiants pour { $app }. Vous les trouverez en bas de cet e-mail.
    }
mail-usernames-sign-in = Pour vous connecter, tapez votre identifiant et non votre adresse e-mail :
mail-usernames-sign-in-button = Se connecter à { $app }
mail-usernames-forgot = Vous avez aussi oublié votre mot de passe ? Demandez-en un nouveau ici :
mail-usernames-forgot-button = Mot de passe oublié

## Activation

mail-activation-subject = Activez votre compte { $app }
mail-activation-why = Vous recevez cet e-mail parce qu'un compte { $app } a été préparé pour vous. Il ne manque plus que votre mot de passe.
mail-activation-link = Pour choisir votre mot de passe et activer le compte, ouvrez ce lien :
mail-activation-button = Choisir mon mot de passe
mail-activation-not-me = Vous n'attendiez pas ce compte ? Sans mot de passe, personne ne peut l'utiliser. Vous pouvez aussi annuler ce lien :
mail-activation-revoke = Annuler ce lien

## Mot de passe modifié

mail-changed-subject = Votre mot de passe { $app } a été modifié
mail-changed-what = Le mot de passe de votre compte { $app } a été modifié le { $time }.
mail-changed-me = C'était vous ? Alors tout est en ordre, vous n'avez rien à faire.
mail-not-me = Ce n'était pas vous ? Dites-le tout de suite ici. Nous déconnecterons alors tous les appareils, votre mot de passe ne servira plus à rien et nous vous enverrons un lien pour en choisir un nouveau. Prévenez ensuite la personne qui gère les comptes dans votre école ou votre institution.
mail-not-me-button = Ce n'était pas moi

## Changement d'adresse e-mail

mail-confirm-subject = Confirmez votre adresse e-mail pour { $app }
mail-confirm-why = Vous recevez cet e-mail parce que { $email } a été indiquée comme nouvelle adresse e-mail du compte { $username } de { $app }.
mail-confirm-link = Pour confirmer que cette adresse est bien la vôtre, ouvrez ce lien :
mail-confirm-button = Confirmer cette adresse
mail-confirm-ignore = Si vous n'avez rien demandé, ne tenez pas compte de cet e-mail : l'adresse du compte restera la même.

mail-move-subject = Demande de nouvelle adresse e-mail pour votre compte { $app }
mail-move-what = Quelqu'un, sans doute vous, a demandé que { $email } devienne l'adresse e-mail de votre compte { $app }. Rien ne change tant que cette nouvelle adresse n'est pas confirmée.
mail-move-me = C'était vous ? Ouvrez l'e-mail que nous avons envoyé à la nouvelle adresse.
mail-move-not-me = Ce n'était pas vous ? Annulez la demande ici, puis prévenez la personne qui gère les comptes dans votre école ou votre institution :
mail-move-revoke = Annuler la demande

mail-moved-subject = L'adresse e-mail de votre compte { $app } a changé
mail-moved-what = L'adresse e-mail de votre compte { $app } était { $old }. C'est maintenant { $new }, et nos e-mails seront envoyés à cette adresse.
mail-moved-not-me = Ce n'était pas vous ? Prévenez tout de suite la personne qui gère les comptes dans votre école ou votre institution.
mail-moved-back = Ce n'était pas vous ? Dites-le ici dans les 7 jours. Votre compte retrouvera alors cette adresse, tous les appareils seront déconnectés, le mot de passe ne servira plus à rien et nous vous enverrons ici un lien pour en choisir un nouveau. Prévenez ensuite la personne qui gère les comptes dans votre école ou votre institution.

## A code handed over

mail-code-subject = Un code pour choisir votre mot de passe { $app }
mail-code-what = La personne qui gère les comptes dans votre école ou votre institution a préparé un code avec lequel vous pouvez choisir un nouveau mot de passe pour votre compte { $app }. Elle vous le donne elle-même : il n'est pas dans cet e-mail. Il est valable jusqu'au { $time }, et votre mot de passe ne change pas tant que vous ne l'utilisez pas.
mail-code-me = Vous l'avez demandé ? Alors tout est en ordre.
mail-code-not-me = Vous n'avez rien demandé ? Prévenez tout de suite cette personne, et ne donnez ce code à personne. Vous pouvez rendre ce code inutilisable ici :

## Deuxième facteur

mail-factor-subject = Votre compte { $app } : deuxième étape à la connexion
mail-factor-added = Le { $time }, une application d'authentification a été ajoutée à votre compte { $app }. La connexion demande maintenant un code de cette application.
mail-factor-removed = Le { $time }, l'application d'authentification de votre compte { $app } a été retirée. Votre mot de passe suffit à nouveau pour vous connecter.
mail-factor-replaced = Le { $time }, les codes de secours de votre compte { $app } ont été remplacés. Les anciens ne fonctionnent plus.
mail-factor-used = Le { $time }, un code de secours a servi à se connecter à votre compte { $app }. Il ne fonctionnera plus.

## Connexion depuis un nouvel endroit

mail-place-subject = Nouvelle connexion à votre compte { $app }
mail-place-what = Le { $time }, quelqu'un s'est connecté à votre compte { $app } depuis un endroit que nous ne connaissions pas encore.
mail-place-device = Le { $time }, quelqu'un s'est connecté à votre compte { $app } depuis un endroit que nous ne connaissions pas encore, avec cet appareil : { $device }.

## Sign-in after many wrong passwords

mail-failures-subject = Connexion à votre compte { $app } après plusieurs mots de passe incorrects
mail-failures-what =
    { $count ->
        [one] Le { $time }, quelqu'un s'est connecté à votre compte { $app } après { $count } mot de passe incorrect.
       *[other] Le { $time }, quelqu'un s'est connecté à votre compte { $app } après { $count } mots de passe incorrects.
    }
mail-device = Cet appareil se présente ainsi : { $device }.

## A new password asked for, and refused

mail-refused-subject = Demande d'un nouveau mot de passe pour { $app }
mail-refused-disabled = Le { $time }, quelqu'un a demandé un nouveau mot de passe pour votre compte { $app }. Ce compte est arrêté, nous n'avons donc pas envoyé de lien. Si vous en avez encore besoin, adressez-vous à la personne qui gère les comptes dans votre école ou votre institution.
mail-refused-often = Le { $time }, quelqu'un a demandé une fois de plus un nouveau mot de passe pour votre compte { $app }. C'était trop souvent, nous n'avons donc pas envoyé d'autre lien. Le lien de notre dernier e-mail est peut-être encore valable ; sinon, réessayez dans une heure.
mail-refused-killed = Le { $time }, quelqu'un a donné de mauvaises réponses avec un lien ou un code pour un nouveau mot de passe de votre compte { $app }, jusqu'à le rendre inutilisable. Votre mot de passe n'a pas changé. S'il vous en faut un nouveau, demandez un autre lien.
mail-refused-not-me = Ce n'était pas vous ? Votre mot de passe n'a pas changé. Vous pouvez rendre inutilisables ici tous les liens et tous les codes pour un nouveau mot de passe :
mail-refused-ignore = Si vous n'avez rien demandé, vous n'avez rien à faire.

## A session that ended because its old token was used again

mail-stolen-subject = Votre compte { $app } : une session a été fermée
mail-stolen-what = Le { $time }, une clé périmée d'une session de votre compte { $app } a servi une fois de plus. Cela arrive quand quelqu'un l'a copiée. Nous avons donc fermé cette session : reconnectez-vous là où vous en avez encore besoin.
mail-stolen-me = Vous venez de passer à un autre appareil ou de restaurer une sauvegarde ? Alors tout est en ordre.

## Another username

mail-username-subject = Votre identifiant { $app } a changé
mail-username-what = Le { $time }, l'identifiant de votre compte { $app } a été changé par une personne qui gère les comptes. Jusqu'ici, c'était { $before }. Le nouveau figure ci-dessous ; votre mot de passe reste le même.
mail-username-ask = Vous ne vous y attendiez pas ? Demandez à la personne qui gère les comptes dans votre école ou votre institution.

## Test

mail-test-subject = Essai d'envoi de { $app }
mail-test-what = Cet e-mail est un essai : il montre que les e-mails de { $app } arrivent. Vous n'avez rien à faire.
mail-test-facts = Il a été envoyé à cette adresse :

## Accounts that are guessed at

mail-guessed-subject = { $app } : des mots de passe sont essayés sur les comptes que vous gérez
mail-guessed-what = Le { $time }, des mots de passe incorrects ont été essayés en dix minutes sur { $count } comptes de { $institution }, depuis des réseaux d'où leurs titulaires ne se sont jamais connectés. Vous recevez cet e-mail parce que vous gérez ces comptes.
mail-guessed-advice = Ces essais sont freinés et personne n'est bloqué : vos collègues se connectent comme d'habitude. Demandez-leur de ne pas employer ici le mot de passe d'un autre service, et parlez-en à votre service informatique si cet e-mail revient. Vous n'en recevrez pas plus d'un par jour.
