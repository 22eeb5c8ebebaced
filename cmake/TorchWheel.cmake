# Imported target gulo::torch made from the headers and libraries of an installed `torch` wheel, CPU and CUDA builds alike
# (find_package(Torch) of a CUDA wheel fails on a machine without a CUDA toolkit).
#
# Input   GULO_PYTHON: the interpreter whose site-packages hold torch (default: .venv, else python3)
# Output  gulo::torch, GULO_TORCH_VERSION, GULO_TORCH_LIB_DIR, GULO_TORCH_HAS_CUDA
if(NOT GULO_PYTHON)
  find_program(GULO_PYTHON NAMES python3 PATHS ${CMAKE_SOURCE_DIR}/.venv/bin NO_DEFAULT_PATH)
  find_program(GULO_PYTHON NAMES python3)
endif()
execute_process(
  COMMAND ${GULO_PYTHON} -c
          "import importlib.util as u, pathlib as p; s = u.find_spec('torch'); print(p.Path(s.origin).parent if s else '')"
  OUTPUT_VARIABLE torch_dir OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT torch_dir)
  message(FATAL_ERROR "no torch wheel for ${GULO_PYTHON}: run `make setup`, or configure with -DGULO_ENGINE=OFF")
endif()
file(STRINGS ${torch_dir}/version.py version_line REGEX "^__version__")
string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+[^']*" GULO_TORCH_VERSION "${version_line}")
if(GULO_TORCH_VERSION VERSION_LESS 2.11)
  message(FATAL_ERROR "torch ${GULO_TORCH_VERSION} is older than 2.11")
endif()
set(GULO_TORCH_LIB_DIR ${torch_dir}/lib)
set(GULO_TORCH_HAS_CUDA OFF)
if(EXISTS ${torch_dir}/lib/libtorch_cuda.so)
  set(GULO_TORCH_HAS_CUDA ON)
endif()

add_library(gulo::torch INTERFACE IMPORTED GLOBAL)
target_include_directories(gulo::torch SYSTEM INTERFACE ${torch_dir}/include ${torch_dir}/include/torch/csrc/api/include)
target_link_options(gulo::torch INTERFACE -Wl,-rpath,${torch_dir}/lib -Wl,--disable-new-dtags)
target_link_directories(gulo::torch INTERFACE ${torch_dir}/lib)
target_link_libraries(gulo::torch INTERFACE torch_cpu c10)
# Names of the libraries that the wheel itself was linked with, its own libgomp first of all: one OpenMP runtime a process.
file(GLOB gomp ${torch_dir}/lib/libgomp*.so* ${torch_dir}/../torch.libs/libgomp*.so*)
if(gomp)
  list(GET gomp 0 gomp)
  target_link_libraries(gulo::torch INTERFACE ${gomp})
endif()
message(STATUS "torch ${GULO_TORCH_VERSION} in ${torch_dir}, CUDA: ${GULO_TORCH_HAS_CUDA}")
