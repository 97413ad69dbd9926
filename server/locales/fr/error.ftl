# Refus d'une demande (error-), d'un champ (violation-) et règles de mot de passe (rule-).

## Erreurs, une par motif

error-INVALID_FIELDS = Certaines informations manquent ou ne sont pas correctes. Corrigez les champs signalés, puis réessayez.
error-PASSWORD_RULES = Ce mot de passe ne respecte pas toutes les règles. Choisissez-en un autre.
error-EMAIL_NOT_USERNAME = Vous avez tapé une adresse e-mail. Tapez plutôt votre identifiant : vous le trouverez en bas de l'e-mail que nous vous avons envoyé.
error-BAD_CREDENTIALS = La connexion a échoué. Vérifiez votre identifiant et votre mot de passe, puis réessayez. Si cela ne fonctionne toujours pas, demandez un nouveau mot de passe.
error-WRONG_CODE = Ce code n'est pas le bon, ou il a déjà servi. Attendez le code suivant de votre application, puis réessayez.
error-WRONG_PASSWORD = Le mot de passe actuel n'est pas le bon. Vérifiez-le, puis réessayez.
error-TOKEN_INVALID = Votre session n'est pas valable. Connectez-vous à nouveau.
error-TOKEN_EXPIRED = Votre session a expiré. Connectez-vous à nouveau.
error-TOKEN_REUSED = Par sécurité, votre session a été fermée, car elle a été utilisée deux fois. Connectez-vous à nouveau.
error-FORBIDDEN = Vous n'avez pas le droit de faire cela. Adressez-vous à la personne qui gère les comptes.
error-NOT_FOUND = Nous n'avons pas trouvé ce que vous cherchez. Vérifiez votre demande.
error-RESET_CODE_INVALID = Ce lien, ce code ou l'adresse e-mail indiquée n'est pas valable. Vérifiez ce que vous avez tapé, ou demandez un nouveau lien.
error-STATE = Ce n'est pas possible dans l'état actuel. Actualisez la page pour voir ce qui a changé.
error-USERNAME_TAKEN = Cet identifiant est déjà utilisé. Choisissez-en un autre.
error-EXTERNAL_ID_TAKEN = Cet identifiant externe est déjà utilisé. Vérifiez s'il s'agit du même compte.
error-ETAG_MISMATCH = Quelqu'un d'autre a modifié ces informations entre-temps. Rechargez-les, puis refaites votre modification.
error-THROTTLED = Il y a eu trop d'essais. Attendez un peu, puis réessayez.
error-OVERLOADED = Beaucoup de personnes se connectent en ce moment. Réessayez dans quelques secondes.
error-STORE_UNAVAILABLE = Le service n'est pas disponible pour le moment. Réessayez dans quelques minutes.
error-INTERNAL = Une erreur s'est produite chez nous. Réessayez dans quelques minutes ; si elle persiste, prévenez la personne qui gère les comptes.

## Champs refusés, un texte par motif

violation-REQUIRED = Ce champ est obligatoire.
violation-TOO_LONG =
    { $max ->
        [one] Ce champ est trop long : { $max } caractère au maximum.
       *[other] Ce champ est trop long : { $max } caractères au maximum.
    }
violation-FORBIDDEN_CHARACTER = Ce champ contient un caractère qui n'est pas permis.
violation-MIXED_SCRIPTS = Ce champ mélange des lettres de plusieurs alphabets qui se ressemblent. N'en utilisez qu'un seul.
violation-RESERVED = Ce nom est réservé. Choisissez-en un autre.
violation-EMAIL_NOT_USERNAME = Veuillez utiliser votre identifiant et non votre adresse e-mail.
violation-INVALID_EMAIL = Ce n'est pas une adresse e-mail valable. Exemple : jean.dupont@ecole.be
violation-INVALID_ID = Ce n'est pas un identifiant interne valable (UUID).
violation-INVALID_LOCALE = Cette langue n'est pas connue. Choisissez fr, en, nl ou de.
violation-NOT_ALLOWED = Cette valeur n'est pas permise ici.
violation-OUT_OF_RANGE = Cette valeur est trop petite ou trop grande.
violation-INVALID_FILTER = Ce filtre n'est pas compris. Vérifiez son écriture.
violation-INVALID_ORDER = Cet ordre de tri n'est pas compris. Vérifiez le nom du champ.
violation-PAGE_TOKEN_INVALID = Cette page n'existe plus ou ne correspond pas à la demande. Recommencez à la première page.
violation-UNKNOWN_FIELD = Ce champ n'existe pas.
violation-UNKNOWN_VALUE = Cette valeur n'est pas connue.
violation-READ_ONLY = Ce champ ne peut pas être modifié.
violation-UNKNOWN_FORMAT = Ce format n'est pas reconnu.
violation-TOO_COSTLY = Cette empreinte de mot de passe demanderait trop de calcul. Elle n'est pas acceptée.
violation-MALFORMED = Cette valeur n'est pas écrite correctement.
violation-TOO_MANY = Il y a trop d'éléments : { $max } au maximum.
violation-UNKNOWN_ROLE = Ce rôle n'existe pas.
violation-UNKNOWN_INSTITUTION = Cette institution n'est pas connue.
violation-USERNAME_TAKEN = Cet identifiant est déjà utilisé.
violation-EXTERNAL_ID_TAKEN = Cet identifiant externe est déjà utilisé.
violation-EMAIL_ELSEWHERE = Un compte d'une autre institution a cette adresse. Vérifiez s'il s'agit de la même personne.
violation-DUPLICATE_ROW = Cet import a déjà eu une ligne pour cette personne.
violation-ACCOUNT_CHANGED = Le compte a été modifié ou utilisé ici depuis ; la ligne n'a pas été reprise.
violation-INVALID_ENCODING = Ce n'est pas de l'UTF-8. Enregistrez le fichier en UTF-8.
violation-INVALID_JSON = Cette ligne n'est pas un objet JSON.

## Règles de mot de passe

rule-MIN_LENGTH =
    { $min ->
        [one] Le mot de passe doit faire minimum { $min } caractère.
       *[other] Le mot de passe doit faire minimum { $min } caractères.
    }
rule-MAX_LENGTH =
    { $max ->
        [one] Le mot de passe doit faire maximum { $max } caractère.
       *[other] Le mot de passe doit faire maximum { $max } caractères.
    }
rule-DIGIT = Le mot de passe doit contenir au moins un chiffre ('0'-'9').
rule-DIGIT-example = Babou45+
rule-UPPERCASE = Le mot de passe doit contenir au moins une majuscule ('A'-'Z').
rule-UPPERCASE-example = 123Soleil*
rule-SPECIAL = Le mot de passe doit contenir au moins un caractère spécial.
rule-SPECIAL-example = Cool72++
rule-NOT_COMMON = Le mot de passe ne doit pas être un mot de passe courant, facile à deviner.
rule-NOT_IDENTIFIER = Le mot de passe ne doit pas contenir votre identifiant ni votre adresse e-mail.
rule-NOT_PREVIOUS =
    { $max ->
        [one] Le mot de passe doit différer de votre mot de passe actuel.
       *[other] Le mot de passe doit différer de vos { $max } derniers mots de passe.
    }
