# Run by cpack when everything is installed below CPACK_TEMPORARY_DIRECTORY, before it is packed: what Debian's policy asks
# of a .deb, and the note that a tarball needs.
set(tree "${CPACK_TEMPORARY_DIRECTORY}")
set(doc "${tree}/usr/share/doc/nowd")

function(compress)
  execute_process(COMMAND gzip -9n ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

function(finish_deb)
  file(GLOB pages "${tree}/usr/share/man/man*/*.[158]")
  file(REMOVE "${doc}/LICENSE")
  file(COPY "${CPACK_NOWD_SOURCE_DIR}/packaging/deb/copyright" DESTINATION "${doc}")
  configure_file("${CPACK_NOWD_SOURCE_DIR}/packaging/deb/changelog.in" "${doc}/changelog" @ONLY)
  compress(${pages} "${doc}/changelog")
  # Whatever the umask of the person who builds.
  execute_process(COMMAND chmod -R u=rwX,go=rX "${tree}" COMMAND_ERROR_IS_FATAL ANY)
endfunction()

if(CPACK_GENERATOR STREQUAL "DEB")
  finish_deb()
elseif(CPACK_GENERATOR STREQUAL "TGZ")
  file(COPY "${CPACK_NOWD_SOURCE_DIR}/packaging/tgz/INSTALL" DESTINATION "${tree}")
endif()
