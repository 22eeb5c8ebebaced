# Arrow's C++ libraries and headers, which the pyarrow wheel brings along: optional. They go into gulo-parquet.so alone, which
# gulo loads where it meets a Parquet file.
#
# Input   GULO_PYTHON: the interpreter whose site-packages hold pyarrow (default: .venv, else python3)
# Output  the target gulo-parquet, where there is a wheel
if(NOT GULO_PYTHON)
  find_program(GULO_PYTHON NAMES python3 PATHS ${PROJECT_SOURCE_DIR}/.venv/bin NO_DEFAULT_PATH)
  find_program(GULO_PYTHON NAMES python3)
endif()
set(arrow_dir "")
if(GULO_PYTHON)
  # Found, not imported.
  execute_process(
    COMMAND
      ${GULO_PYTHON} -c
      "import importlib.util as u, pathlib as p; s = u.find_spec('pyarrow'); print(p.Path(s.origin).parent if s else '')"
    OUTPUT_VARIABLE arrow_dir OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
file(GLOB arrow_library ${arrow_dir}/libarrow.so.*)
file(GLOB parquet_library ${arrow_dir}/libparquet.so.*)
if(NOT arrow_dir OR NOT arrow_library OR NOT parquet_library OR NOT EXISTS ${arrow_dir}/include/parquet/arrow/reader.h)
  message(STATUS "no pyarrow wheel: Parquet files are not read")
  return()
endif()
list(GET arrow_library 0 arrow_library)
list(GET parquet_library 0 parquet_library)

add_library(gulo-parquet MODULE src/data/table/parquet/parquet_rows.cpp)
set_target_properties(gulo-parquet PROPERTIES PREFIX "" LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
target_include_directories(gulo-parquet PRIVATE src)
target_include_directories(gulo-parquet SYSTEM PRIVATE ${arrow_dir}/include)
target_link_libraries(gulo-parquet PRIVATE nlohmann_json::nlohmann_json ${parquet_library} ${arrow_library})
target_link_options(gulo-parquet PRIVATE -Wl,-rpath,${arrow_dir} -Wl,--disable-new-dtags)
