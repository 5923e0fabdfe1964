# Hashing, encryption, signatures, key derivation and certificates. Keys and certificates are made beforehand: chance
# belongs there. What the job itself computes is fixed by its input (PKCS #1 signatures; a given key and start value).
needs=(openssl:openssl)

prepare() {
    local i
    openssl genrsa -out rsa.pem 2048 2> /dev/null
    openssl pkey -in rsa.pem -pubout -out rsa.public.pem
    for i in {1..12}; do
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ec.pem -set_serial "$i" \
            -subj "/CN=host $i/O=organisation $i" -addext "subjectAltName=DNS:a$i.test,DNS:b$i.test" 2> /dev/null
    done > few.pem
    for ((i = 0; i < $(pick 250 25); ++i)); do cat few.pem; done > many.pem
    text "$(pick 48 4)" > plain
}

job() {
    run openssl dgst -sha256 -sha256 "$inputs/plain" > digest
    run openssl enc -aes-256-cbc -K "$(printf '%064d' 7)" -iv "$(printf '%032d' 9)" -in "$inputs/plain" |
        openssl dgst -sha1 > encrypted
    run openssl dgst -sha512 -sign "$inputs/rsa.pem" -out signature "$inputs/plain"
    run openssl dgst -sha512 -verify "$inputs/rsa.public.pem" -signature signature "$inputs/plain" > verified
    run openssl kdf -keylen 64 -kdfopt digest:SHA2-256 -kdfopt pass:password -kdfopt salt:salt \
        -kdfopt "iter:$(pick 200000 20000)" PBKDF2 > derived
    run openssl kdf -keylen 64 -kdfopt pass:password -kdfopt salt:salt -kdfopt n:65536 -kdfopt r:8 -kdfopt p:1 \
        -kdfopt maxmem_bytes:134217728 SCRYPT > derived.scrypt
    run openssl crl2pkcs7 -nocrl -certfile "$inputs/many.pem" -outform DER -out many.p7
    run openssl pkcs7 -inform DER -in many.p7 -print_certs -text -noout > certificates
    run openssl asn1parse -inform DER -in many.p7 > structure
    run openssl storeutl -noout -text -certs "$inputs/many.pem" > store
}
