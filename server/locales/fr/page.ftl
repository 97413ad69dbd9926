# Les pages. Une espace fine insécable (U+202F) précède : ; ! ? et borde « ».

## Communs à toutes

page-skip = Aller au contenu
page-languages = Langue
page-expired-form = Ce formulaire a expiré. Vérifiez ce que vous avez tapé, puis envoyez-le à nouveau.
page-throttled = Il y a eu trop d'essais. Réessayez dans { $wait }.
page-offline = Vous n'êtes pas connecté à internet. Ce que vous avez tapé est gardé : réessayez dès que la connexion revient.
page-slow = Le service met trop de temps à répondre. Ce que vous avez tapé est gardé : réessayez dans un instant.
page-show = Afficher
page-hide = Masquer
page-show-password = Afficher le mot de passe
page-hide-password = Masquer le mot de passe
page-caps-lock = La touche Verr. Maj. est activée.
page-username-label = Identifiant
page-email-label = Adresse e-mail
page-password-label = Mot de passe
page-back = Retour à la connexion

## Connexion

page-login-title = Connexion à { $app }
page-login-hint = Votre identifiant n'est pas votre adresse e-mail. Vous le trouverez en bas de l'e-mail que nous vous avons envoyé.
page-login-button = Connexion
page-login-forgot = Mot de passe oublié
page-login-old-title = Vous utilisiez déjà { $app } auparavant ?
page-login-old = Un nouveau système de connexion a été mis en place pour plus de sécurité. Votre compte a probablement déjà été migré : il ne vous reste plus qu'à choisir un nouveau mot de passe.
page-login-old-link = Recevoir un e-mail pour choisir mon mot de passe
page-challenge-label = Code
page-challenge-hint = Les six chiffres que votre application d'authentification affiche, ou l'un de vos codes de secours.
page-challenge-lost = Vous n'avez ni l'application ni un code ? La personne qui gère les comptes dans votre école ou institution peut vous aider.
page-challenge-button = Continuer
page-challenge-again = Recommencer

## Mot de passe oublié

page-forgot-title = Mot de passe oublié
page-forgot-intro = Nous vous enverrons un e-mail avec un lien pour choisir un nouveau mot de passe.
page-forgot-by = Récupération par
page-forgot-identifier = Votre identifiant ou votre adresse e-mail
page-forgot-button = Valider
page-forgot-usernames = J'ai aussi oublié mon identifiant
page-usernames-title = Identifiant oublié
page-usernames-intro = Tapez votre adresse e-mail. Nous vous enverrons la liste de vos identifiants.

## Vérifiez vos e-mails

page-sent-title = Vérifiez vos e-mails
page-sent-reset = Si un compte correspond à ce que vous avez tapé, un e-mail est en route. Il contient un lien valable { $lifetime } et, en bas, votre identifiant.
page-sent-usernames = Si des comptes utilisent cette adresse, un e-mail avec leurs identifiants est en route.
page-sent-none-title = Vous ne recevez aucun e‑mail ?
page-sent-none-wait = Patientez quelques minutes, puis regardez aussi dans les courriers indésirables (spam).
page-sent-none-check = Vérifiez que vous avez tapé le bon identifiant, ou l'adresse e-mail de votre compte.
page-sent-none-ask = Toujours rien ? Votre ancien compte n'a peut-être pas encore été migré. Adressez-vous à { $institution }, qui pourra débloquer votre situation.
page-institution = votre direction d'école, votre pouvoir organisateur ou votre institution
page-contact = Contact : { $contact }
page-sent-again = Renvoyer l'e-mail
page-sent-again-wait = Vous pourrez renvoyer l'e-mail dans { $seconds } s.

## Nouveau mot de passe

page-reset-title = Réinitialiser le mot de passe
page-reset-until = Ce lien est valable jusqu'au { $time }.
page-reset-email-hint = L'adresse à laquelle vous avez reçu l'e-mail ; votre identifiant si votre compte n'a pas d'adresse.
page-code-label = Votre code
page-code-hint = Le code que l'on vous a donné. Les tirets et les majuscules n'ont pas d'importance.
page-new-password-label = Nouveau mot de passe
page-confirm-label = Confirmer le mot de passe
page-rules = Règles de mot de passe
page-rules-examples = Exemples : { $examples }
page-rule-met = respectée
page-rule-unmet = pas encore respectée
page-strength-none = Astuce : plusieurs mots mis bout à bout sont difficiles à deviner et faciles à retenir.
page-strength-weak = Facile à deviner.
page-strength-fair = Correct.
page-strength-strong = Difficile à deviner.
page-strength-why-COMMON = C'est l'un des mots de passe que l'on essaie en premier.
page-strength-why-EXAMPLE = C'est un exemple de cette page, que tout le monde peut voir.
page-strength-why-IDENTIFIER = Il contient votre identifiant ou votre adresse.
page-strength-why-RUN = Il contient une suite ou une répétition, comme 1234, azerty ou aaa.
page-strength-why-YEAR = Il contient une année ou une date, que l'on devine vite.
page-strength-why-SHORT = Ajoutez un ou deux mots pour le rendre plus difficile à deviner.
page-strength-why-LONG = Gardez-le pour ce compte seulement.
page-reset-button = Réinitialiser
page-mismatch = Les deux mots de passe ne sont pas identiques.
page-dead-title = Ce lien n'est plus valable
page-dead-why = Un lien ne sert qu'une seule fois et expire après un certain temps. Si vous venez de choisir un mot de passe avec ce lien, connectez-vous avec ce mot de passe.
page-dead-again = Recevoir un nouveau lien
page-incomplete-title = Cette adresse est incomplète
page-incomplete-why = Ouvrez à nouveau le lien reçu par e-mail. Si vous venez de choisir un mot de passe avec ce lien, connectez-vous avec ce mot de passe.

## Confirmation

page-done-title = Votre mot de passe a été réinitialisé
page-done-username = Pour vous connecter, tapez votre identifiant : { $username }
page-done-link = Cliquez ici pour vous connecter
page-done-redirect = Vous serez automatiquement redirigé vers { $host } dans { $seconds } secondes.
page-done-stop = Rester sur cette page

## Mon compte

page-account-title = Mon compte
page-account-who = Vous êtes connecté en tant que { $username }.
page-account-no-script = Pour voir et changer votre compte, activez JavaScript dans votre navigateur. Vous pouvez vous déconnecter ici sans lui.
page-account-sessions = Mes connexions
page-account-this = cet appareil
page-account-unnamed = Appareil sans nom
page-account-since = Connecté le { $start }, utilisé le { $last }, depuis { $place }
page-account-end = Déconnecter
page-account-end-others = Déconnecter tous les autres appareils
page-account-password = Changer mon mot de passe
page-account-current = Mot de passe actuel
page-account-password-done = Votre mot de passe est changé. Les autres appareils sont déconnectés.
page-account-email = Changer mon adresse e-mail
page-account-new-email = Nouvelle adresse e-mail
page-account-email-done = Ouvrez l'e-mail que nous avons envoyé à { $email } : l'adresse change quand vous la confirmez.
page-factor-title = Deuxième étape à la connexion
page-factor-off = Votre mot de passe suffit pour vous connecter. Avec une application d'authentification sur votre téléphone, votre compte reste le vôtre même si quelqu'un apprend votre mot de passe.
page-factor-on = La connexion demande un code de votre application d'authentification. Codes de secours restants : { $count }.
page-factor-add = Ajouter une application
page-factor-scan = Scannez ce carré avec l'application d'authentification de votre téléphone, ou tapez-y cette clé :
page-factor-code = Code que l'application affiche
page-factor-confirm = Confirmer
page-factor-codes = Nouveaux codes de secours
page-factor-codes-label = Codes de secours
page-factor-keep = Gardez ces codes en lieu sûr, ailleurs que sur votre téléphone : chacun permet de se connecter une fois sans l'application. Ils ne seront plus affichés.
page-factor-remove = Retirer l'application
page-factor-removed = L'application est retirée. Votre mot de passe suffit à nouveau pour vous connecter.
page-account-data = Télécharger mes données
page-account-sign-out = Se déconnecter
page-account-change = Changer

## Les autres liens des e-mails

page-confirm-title = Confirmer votre adresse e-mail
page-confirm-what = Confirmez que l'adresse à laquelle vous avez reçu cet e-mail est bien la vôtre.
page-confirm-button = Confirmer cette adresse
page-confirm-done = L'adresse e-mail de votre compte est maintenant { $email }.
page-revoke-title = Ce n'était pas vous ?
page-revoke-what = Ce bouton rend inutilisable le lien reçu par e-mail. Il ne change ni votre mot de passe ni votre adresse.
page-revoke-button = Annuler ce lien
page-revoke-done = Ce lien ne peut plus servir. Si quelqu'un d'autre a fait ce dont parle l'e-mail, demandez un nouveau mot de passe et prévenez la personne qui gère les comptes dans votre école ou votre institution.
page-not-me-what = N'appuyez sur ce bouton que si ce n'était pas vous. Nous déconnecterons alors tous les appareils, votre mot de passe ne fonctionnera plus et nous enverrons à l'adresse de votre compte un lien pour en choisir un nouveau.
page-not-me-address = N'appuyez sur ce bouton que si ce n'était pas vous. Votre compte retrouvera alors l'adresse à laquelle l'e-mail a été envoyé, tous les appareils seront déconnectés, le mot de passe ne fonctionnera plus et nous enverrons à cette adresse un lien pour en choisir un nouveau.
page-not-me-button = Ce n'était pas moi
page-not-me-done = C'est fait : tous les appareils sont déconnectés et l'ancien mot de passe ne fonctionne plus. Ouvrez l'e-mail que nous vous avons envoyé pour choisir un nouveau mot de passe, puis prévenez la personne qui gère les comptes dans votre école ou votre institution.

## Erreurs

page-missing-title = Cette page n'existe pas
page-missing-what = Vérifiez l'adresse. Si vous avez copié un lien reçu par e-mail, copiez-le en entier.
page-error-title = Cela n'a pas fonctionné
page-unreadable = Cette demande n'a pas pu être lue. Revenez à la page précédente et réessayez.

## Page de développement

page-home-title = Guichet est ouvert
page-home-what = Aucune application n'est encore configurée (GUICHET_APP_URL). Voici ce qui répond à cette adresse :
page-home-calls = gRPC et grpc-web, avec réflexion
page-home-keys = Clés qui vérifient les jetons d'accès
page-home-discovery = Émetteur et algorithmes, pour les passerelles

## Débloquer des comptes

page-desk-title = Débloquer des comptes
page-desk-no-script = Pour débloquer des comptes, activez JavaScript dans votre navigateur.
page-desk-not-yours = Cette page est pour les personnes qui gèrent une institution. Demandez ce droit à votre pouvoir organisateur.
page-desk-progress = Où en est la migration ?
page-desk-total = { $active } personnes peuvent se connecter, { $pending } ont reçu un e-mail, { $legacy } attendent leur migration, { $missing } n'ont pas d'adresse.
page-desk-institution = Institution
page-desk-legacy = À migrer
page-desk-pending = E-mail envoyé
page-desk-active = Peuvent se connecter
page-desk-disabled = Arrêtés
page-desk-missing = Sans adresse
page-desk-export = Télécharger ce tableau (CSV)
page-desk-people = Les personnes
page-desk-search = Chercher quelqu'un
page-desk-search-hint = Nom, identifiant, adresse ou ancien numéro. Laissez vide pour voir tout le monde.
page-desk-everywhere = Toutes
page-desk-situation = Situation
page-desk-stuck = Ne peuvent pas encore se connecter
page-desk-anybody = Tout le monde
page-desk-NOT_MIGRATED = Ancien compte, pas encore migré
page-desk-NO_ADDRESS = Sans adresse e-mail
page-desk-UNDELIVERED = E-mail non arrivé
page-desk-MAILED = E-mail envoyé, mot de passe pas encore choisi
page-desk-ACTIVE = Peut se connecter
page-desk-DISABLED = Compte arrêté
page-desk-find = Chercher
page-desk-found = Personnes affichées : { $count }
page-desk-none = Personne ne correspond.
page-desk-more = Afficher la suite
page-desk-select-all = Sélectionner toutes les personnes affichées
page-desk-no-address = aucune adresse
page-desk-email = Adresse e-mail
page-desk-migrate = Migrer et envoyer l'e-mail
page-desk-send = Renvoyer l'e-mail à cette adresse
page-desk-change = Changer l'adresse
page-desk-link = Envoyer un lien pour un nouveau mot de passe
page-desk-code = Donner un code
page-desk-history = Que s'est-il passé ?
page-desk-unlock = Lever l'attente après trop d'essais
page-desk-enable = Réactiver le compte
page-desk-factor = Retirer l'application d'authentification
page-desk-factor-sure = Retirer l'application d'authentification de { $name } ? Le mot de passe suffira alors. Assurez-vous que c'est bien cette personne qui le demande.
page-desk-done-factor = { $name } se connecte maintenant avec son mot de passe seul, et en a été averti par e-mail.
page-desk-done-send = Un e-mail est en route vers { $email }.
page-desk-done-change = L'adresse change dès que la personne la confirme par l'e-mail envoyé à { $email }.
page-desk-done-enable = Le compte de { $name } est réactivé.
page-desk-done-unlock = Les essais manqués de { $name } sont oubliés : cette personne peut réessayer tout de suite.
page-desk-mail = E-mail du { $time } : { $state }
page-desk-mail-QUEUED = en attente d'envoi
page-desk-mail-SENT = envoyé
page-desk-mail-DEAD = abandonné
page-desk-mail-BOUNCED = revenu
page-desk-selected = Pour les personnes sélectionnées
page-desk-send-selected = Migrer et envoyer les e-mails
page-desk-sheets = Imprimer une fiche par personne
page-desk-list = Imprimer une liste
page-desk-nobody = Sélectionnez d'abord des personnes.
page-desk-batch = Envoyés : { $done }. Refusés : { $refused }. Laissés de côté : { $left }.
page-desk-batch-codes = Codes donnés : { $done }. Refusés : { $refused }. Laissés de côté : { $left }.
page-desk-verdict = { $name } : { $why }
page-desk-file = Migrer avec un fichier d'adresses
page-desk-file-label = Fichier CSV
page-desk-file-hint = Deux colonnes : l'identifiant ou l'ancien numéro, puis l'adresse e-mail.
page-desk-file-button = Migrer ces personnes
page-desk-file-wrong = Ce fichier n'a pas deux colonnes de texte, ou plus de { $max } lignes.
page-desk-row = Ligne { $row }, { $who } : { $outcome }
page-desk-row-unknown = introuvable dans vos institutions
page-desk-row-settled = peut déjà se connecter, ou son compte est arrêté
page-desk-row-ambiguous = rien n'est envoyé, car deux comptes correspondent ou une autre ligne désigne la même personne
page-desk-row-head = prise pour les noms des colonnes
page-desk-row-refused = refusé ({ $reason })
page-desk-why-UNANSWERED = pas de réponse : regardez la liste
page-desk-why-INVALID_FIELDS = adresse e-mail non valable
page-desk-why-STATE = l'état du compte ne le permet pas
page-desk-why-FORBIDDEN = vous n'avez pas ce droit pour cette personne
page-desk-why-NOT_FOUND = introuvable dans vos institutions
page-desk-sheet = Choisir votre mot de passe
page-desk-sheet-open = Scannez ce carré avec un téléphone, ou ouvrez cette adresse :
page-desk-sheet-code = Tapez votre code :
page-desk-sheet-email = À la question de l'adresse e-mail, tapez :
page-desk-sheet-choose = Choisissez un mot de passe, puis connectez-vous avec votre identifiant :
page-desk-sheet-until = Le code est valable jusqu'au { $time } et ne sert qu'une fois. Ne le montrez à personne.
page-desk-print = Imprimer
page-desk-history-none = Aucune demande récente.
page-desk-request = Demande du { $time } ({ $identifier }) : { $outcome }
page-desk-outcome-QUEUED = en attente
page-desk-outcome-MAILED = e-mail préparé
page-desk-outcome-MAILED-QUEUED = e-mail en attente d'envoi
page-desk-outcome-MAILED-SENT = e-mail envoyé
page-desk-outcome-NOT_MIGRATED = compte pas encore migré
page-desk-outcome-NO_EMAIL = compte sans adresse
page-desk-outcome-DISABLED = compte arrêté
page-desk-outcome-THROTTLED = trop de demandes : rien n'a été envoyé
page-desk-outcome-REFUSED = e-mail abandonné
page-desk-outcome-BOUNCED = e-mail revenu
page-desk-opened = lien ouvert le { $time }
page-desk-completed = mot de passe choisi le { $time }
page-desk-outcome-UNKNOWN = identifiant ou adresse inconnus
page-desk-requests = Dernières demandes
page-desk-show = Voir cette personne
