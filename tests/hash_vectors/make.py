"""Makes the password hashes that the tests verify, by the programs that other systems make theirs with.

    python3 -m venv venv && venv/bin/pip install -r tests/hash_vectors/requirements.txt
    apt-get install slapd slapd-contrib php-cli
    venv/bin/python tests/hash_vectors/make.py > server/src/password/stored/foreign/vectors.json

ASP.NET's are built from its documented layouts (PasswordHasher.cs of ASP.NET Core Identity, and the guide from Membership
to Identity), for there is no .NET here. Salts are random, so each run gives other hashes.
"""

import base64
import ctypes
import hashlib
import json
import os
import struct
import subprocess

import django
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from django.conf import settings
from django.contrib.auth.hashers import get_hasher
from passlib import hash as passlib
from werkzeug.security import generate_password_hash

PASSWORD = "Ancien mot de passe é 2019"

settings.configure(PASSWORD_HASHERS=[
    "django.contrib.auth.hashers." + name
    for name in (
        "PBKDF2PasswordHasher",
        "PBKDF2SHA1PasswordHasher",
        "BCryptPasswordHasher",
        "BCryptSHA256PasswordHasher",
        "ScryptPasswordHasher",
        "Argon2PasswordHasher",
        "MD5PasswordHasher",
    )
])
django.setup()


def of_django(algorithm):
    hasher = get_hasher(algorithm)
    return hasher.encode(PASSWORD, hasher.salt())


def aspnet_v2():
    salt = os.urandom(16)
    key = hashlib.pbkdf2_hmac("sha1", PASSWORD.encode(), salt, 1000, 32)
    return base64.b64encode(b"\0" + salt + key).decode()


def aspnet_v3(number, name, rounds):
    salt = os.urandom(16)
    key = hashlib.pbkdf2_hmac(name, PASSWORD.encode(), salt, rounds, 32)
    head = b"\1" + struct.pack(">III", number, rounds, len(salt))
    return base64.b64encode(head + salt + key).decode()


def membership():
    salt = os.urandom(16)
    digest = hashlib.sha1(salt + PASSWORD.encode("utf-16-le")).digest()
    return f"{base64.b64encode(digest).decode()}|1|{base64.b64encode(salt).decode()}"


def openldap(scheme):
    """OpenLDAP's own tool, with its module for SHA-2 (Debian: slapd, slapd-contrib)."""
    module = ["-o", "module-path=/usr/lib/ldap", "-o", "module-load=pw-sha2"]
    return output_of("slappasswd", *module, "-n", "-h", scheme, "-s", PASSWORD)


def php(algorithm, options):
    """PHP's password_hash (Debian: php-cli)."""
    return output_of("php", "-r", f"echo password_hash($argv[1], {algorithm}, {options});", "--", PASSWORD)


def output_of(*command):
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def libxcrypt(prefix):
    """crypt(3) of this machine's C library, which Debian's and Fedora's passwords are made with."""
    library = ctypes.CDLL("libcrypt.so.1")
    library.crypt.restype = library.crypt_gensalt.restype = ctypes.c_char_p
    setting = library.crypt_gensalt(prefix.encode(), 0, None, 0)
    return library.crypt(PASSWORD.encode(), setting).decode()


def firebase():
    """firebase/scrypt: what scrypt makes of the password encrypts the project's key in AES-256-CTR."""
    salt, separator, signer_key = os.urandom(10), b"\x07", os.urandom(64)
    key = hashlib.scrypt(PASSWORD.encode(), salt=salt + separator, n=1 << 14, r=8, p=1, maxmem=1 << 26, dklen=32)
    encryptor = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).encryptor()
    output = encryptor.update(signer_key) + encryptor.finalize()
    return [base64.b64encode(part).decode() for part in (salt, separator, signer_key, output)]


def supabase():
    salt, separator, signer_key, output = firebase()
    return f"$fbscrypt$v=1,n=14,r=8,p=1,ss={separator},sk={signer_key}${salt}${output}"


def kratos():
    salt, separator, signer_key, output = firebase()
    return f"$firescrypt$ln=14,r=8,p=1${salt}${output}${separator}${signer_key}"


VECTORS = {
    "ASP.NET Identity V2": aspnet_v2(),
    "ASP.NET Identity V3, SHA-1": aspnet_v3(0, "sha1", 10_000),
    "ASP.NET Identity V3, SHA-256": aspnet_v3(1, "sha256", 10_000),
    "ASP.NET Identity V3, SHA-512": aspnet_v3(2, "sha512", 100_000),
    "ASP.NET Membership, SHA-1": membership(),
    "bcrypt 2a": passlib.bcrypt.using(rounds=6, ident="2a").hash(PASSWORD),
    "bcrypt 2b": passlib.bcrypt.using(rounds=6, ident="2b").hash(PASSWORD),
    "bcrypt 2y": passlib.bcrypt.using(rounds=6, ident="2y").hash(PASSWORD),
    "passlib PBKDF2, SHA-1": passlib.pbkdf2_sha1.hash(PASSWORD),
    "passlib PBKDF2, SHA-256": passlib.pbkdf2_sha256.hash(PASSWORD),
    "passlib PBKDF2, SHA-512": passlib.pbkdf2_sha512.hash(PASSWORD),
    "passlib scrypt": passlib.scrypt.using(rounds=12).hash(PASSWORD),
    "LDAP MD5": openldap("{MD5}"),
    "LDAP SMD5": openldap("{SMD5}"),
    "LDAP SHA": openldap("{SHA}"),
    "LDAP SSHA": openldap("{SSHA}"),
    "LDAP SHA256": openldap("{SHA256}"),
    "LDAP SSHA256": openldap("{SSHA256}"),
    "LDAP SHA512": openldap("{SHA512}"),
    "LDAP SSHA512": openldap("{SSHA512}"),
    "PHP bcrypt": php("PASSWORD_BCRYPT", '["cost" => 6]'),
    "PHP argon2i": php("PASSWORD_ARGON2I", '["memory_cost" => 1024]'),
    "PHP argon2id": php("PASSWORD_ARGON2ID", '["memory_cost" => 1024]'),
    "LDAP CRYPT, bcrypt": "{CRYPT}" + passlib.bcrypt.using(rounds=6).hash(PASSWORD),
    "crypt MD5": libxcrypt("$1$"),
    "crypt SHA-256": libxcrypt("$5$"),
    "crypt SHA-512": libxcrypt("$6$"),
    "crypt yescrypt": libxcrypt("$y$"),
    "LDAP CRYPT, SHA-512": "{CRYPT}" + libxcrypt("$6$"),
    "passlib crypt MD5": passlib.md5_crypt.hash(PASSWORD),
    "passlib crypt SHA-256": passlib.sha256_crypt.using(rounds=7_000).hash(PASSWORD),
    "passlib crypt SHA-512": passlib.sha512_crypt.using(rounds=7_000).hash(PASSWORD),
    "passlib phpass": passlib.phpass.using(rounds=10).hash(PASSWORD),
    "phpBB phpass": passlib.phpass.using(rounds=10, ident="H").hash(PASSWORD),
    "Firebase scrypt, Supabase": supabase(),
    "Firebase scrypt, Kratos": kratos(),
    "Django PBKDF2, SHA-256": of_django("pbkdf2_sha256"),
    "Django PBKDF2, SHA-1": of_django("pbkdf2_sha1"),
    "Django bcrypt": of_django("bcrypt"),
    "Django bcrypt, SHA-256": of_django("bcrypt_sha256"),
    "Django scrypt": of_django("scrypt"),
    "Django argon2": of_django("argon2"),
    "Django MD5": of_django("md5"),
    "Django SHA-1": passlib.django_salted_sha1.hash(PASSWORD),
    "Werkzeug PBKDF2": generate_password_hash(PASSWORD, "pbkdf2:sha256:600000"),
    "Werkzeug PBKDF2, SHA-512": generate_password_hash(PASSWORD, "pbkdf2:sha512:10000"),
    "Werkzeug scrypt": generate_password_hash(PASSWORD, "scrypt"),
}

print(json.dumps({"password": PASSWORD, "hashes": VECTORS}, indent=2, ensure_ascii=False))
