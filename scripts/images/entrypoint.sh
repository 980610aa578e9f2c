#!/bin/sh
# Starts a service of an image. The API and the workers are different users of one group, and share the folder of files: what
# either makes is open to the group, and to nobody else.
umask 007
case ${STORAGE:-} in
  # Folders of images in which both were one user: their owner opens them, at the first start that finds them closed.
  disk:*) find "${STORAGE#disk:}" -maxdepth 1 -type d -user "$(id -u)" ! -perm -g=w -exec chmod g+w {} + 2>/dev/null ;;
esac
exec "$@"
