# The container image, as the Containerfile in the source says: its base, which the file pins, with the packages that
# the base lacks, the program that was built before, and the settings of its last lines. Nothing of the base is run, so
# that neither a container engine nor root is needed.
set -eu
argument() { sed -n "s/^ARG $1=//p" Containerfile; }
base=$(argument BASE)
case $base in
  oci:*) ;;
  # A reference has a tag or a digest; the digest says it all.
  *) base=docker://$(printf %s "$base" | sed 's/:[^:@/]*@/@/') ;;
esac
skopeo --insecure-policy copy --quiet "$base" oci:base-image:base
export SNAPSHOT=$(argument SNAPSHOT)
fakeroot -- bash -eu "$SCRIPTS/image-root.sh"
node "$SCRIPTS/image-layout.mjs" Containerfile base-image layer.tar image
tar --create --file="sluice-$VERSION.oci.tar" --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 \
  --numeric-owner --mode=u=rwX,go=rX --directory=image .
