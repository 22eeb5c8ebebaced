# The libraries that Debian gives (apt-packages.txt), as targets that exist whether or not the optional ones were found.
#
# Output  gulo::xxhash, gulo::highway (headers needed; without the library there is no run-time dispatch but on x86, only the
#         instruction set that the compiler is told); gulo_formats(), gulo_format_library(), gulo_archive_library(): the
#         libraries of src/data, each optional
find_package(Threads REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(fmt REQUIRED)
find_package(CLI11 REQUIRED)
find_package(PkgConfig)

find_path(XXHASH_INCLUDE_DIR xxhash.h REQUIRED)
add_library(gulo::xxhash INTERFACE IMPORTED GLOBAL)
target_include_directories(gulo::xxhash INTERFACE ${XXHASH_INCLUDE_DIR})
target_compile_definitions(gulo::xxhash INTERFACE XXH_INLINE_ALL)

if(PkgConfig_FOUND)
  pkg_check_modules(ARCHIVE IMPORTED_TARGET libarchive)
  pkg_check_modules(HWY IMPORTED_TARGET libhwy)
  pkg_check_modules(SNDFILE IMPORTED_TARGET sndfile)
  pkg_check_modules(JPEG IMPORTED_TARGET libjpeg)
  pkg_check_modules(PNG IMPORTED_TARGET libpng)
  pkg_check_modules(WEBP IMPORTED_TARGET libwebp)
  pkg_check_modules(TIFF IMPORTED_TARGET libtiff-4)
endif()
find_package(GIF 5)  # giflib brings no pkg-config file

# On x86 src/kernel/highway_targets.cpp has what is needed of libhwy.
add_library(gulo::highway INTERFACE IMPORTED GLOBAL)
if(HWY_FOUND)
  target_link_libraries(gulo::highway INTERFACE -Wl,--push-state,--as-needed PkgConfig::HWY -Wl,--pop-state)
else()
  find_path(HWY_INCLUDE_DIR hwy/highway.h REQUIRED)
  target_include_directories(gulo::highway INTERFACE ${HWY_INCLUDE_DIR})
  if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    message(STATUS "no libhwy: kernels are compiled for one instruction set")
    target_compile_definitions(gulo::highway INTERFACE HWY_COMPILE_ONLY_STATIC)
  endif()
endif()

# gulo_formats: what needs one of the libraries below, for all programs but the light one, which has GULO_FORMATS_ON_DEMAND set
# and finds the same in gulo-formats.so (src/data/formats/formats.h).
function(gulo_formats)
  add_library(gulo_formats STATIC)
  add_library(gulo_formats_on_demand STATIC src/data/formats/on_demand.cpp)
  foreach(target gulo_formats gulo_formats_on_demand)
    target_link_libraries(${target} PUBLIC gulo_data)
  endforeach()
  set(on_demand $<BOOL:$<TARGET_PROPERTY:GULO_FORMATS_ON_DEMAND>>)
  target_link_libraries(gulo_data_reader INTERFACE $<IF:${on_demand},gulo_formats_on_demand,gulo_formats>)
  add_library(gulo-formats MODULE src/data/formats/plugin.cpp)
  target_link_libraries(gulo-formats PRIVATE gulo_formats)
  set_target_properties(gulo-formats PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
endfunction()

# gulo_format_library(jpeg JPEG PkgConfig::JPEG): the library that src/data/reader/library/jpeg_reader.cpp needs. Where it was not
# found, no_library/jpeg_reader.cpp takes the reader's place, which says so, and tests of that format are left out. Tests are
# told GULO_HAS_JPEG, 1 or 0.
function(gulo_format_library format found library)
  set(folder src/data/reader)
  target_compile_definitions(gulo_data_reader INTERFACE GULO_HAS_${found}=$<BOOL:${${found}_FOUND}>)
  if(${found}_FOUND)
    target_sources(gulo_formats PRIVATE ${folder}/library/${format}_reader.cpp)
    target_link_libraries(gulo_formats PUBLIC ${library})
    return()
  endif()
  message(STATUS "no library for ${format} files: they are not read")
  target_sources(gulo_formats PRIVATE ${folder}/no_library/${format}_reader.cpp)
  file(GLOB tests ${CMAKE_SOURCE_DIR}/${folder}/${format}_reader_test.cpp ${CMAKE_SOURCE_DIR}/${folder}/tiny/${format}_*.cpp)
  set_source_files_properties(${tests} PROPERTIES HEADER_FILE_ONLY ON)
endfunction()

# libarchive, likewise.
function(gulo_archive_library)
  if(ARCHIVE_FOUND)
    target_sources(gulo_formats PRIVATE src/data/libarchive/archive_reader.cpp)
    target_link_libraries(gulo_formats PUBLIC PkgConfig::ARCHIVE)
    return()
  endif()
  message(STATUS "no libarchive: DATA in .tar and .zip files cannot be read")
  target_sources(gulo_formats PRIVATE src/data/no_libarchive/archive_reader.cpp)
  set_source_files_properties(src/data/archive_test.cpp src/data/table/packed_table_test.cpp PROPERTIES HEADER_FILE_ONLY ON)
endfunction()
