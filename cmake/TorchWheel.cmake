# Imported target gulo::torch made from the headers and libraries of an installed `torch` wheel, CPU and CUDA builds alike
# (find_package(Torch) of a CUDA wheel fails on a machine without a CUDA toolkit).
#
# Input   GULO_PYTHON: the interpreter whose site-packages hold torch (default: .venv, else python3)
# Output  gulo::torch, GULO_TORCH_VERSION, GULO_TORCH_LIB_DIR, GULO_TORCH_HAS_CUDA, GULO_TORCH_CUDART (its CUDA runtime)
set(oldest_torch 2.11)

if(NOT GULO_PYTHON)
  find_program(GULO_PYTHON NAMES python3 PATHS ${PROJECT_SOURCE_DIR}/.venv/bin NO_DEFAULT_PATH)
  find_program(GULO_PYTHON NAMES python3)
endif()
# Found, not imported: importing torch takes seconds.
execute_process(
  COMMAND ${GULO_PYTHON} -c
          "import importlib.util as u, pathlib as p; s = u.find_spec('torch'); print(p.Path(s.origin).parent if s else '')"
  OUTPUT_VARIABLE torch_dir OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT torch_dir)
  message(FATAL_ERROR "no torch wheel for ${GULO_PYTHON}: run `make setup`, or configure with -DGULO_ENGINE=OFF")
endif()
file(STRINGS ${torch_dir}/version.py version_line REGEX "^__version__")
string(REGEX MATCH "[0-9]+\\.[0-9]+\\.[0-9]+[^']*" GULO_TORCH_VERSION "${version_line}")
if(GULO_TORCH_VERSION VERSION_LESS ${oldest_torch})
  message(FATAL_ERROR "torch ${GULO_TORCH_VERSION} of ${GULO_PYTHON} is older than ${oldest_torch}: run `make setup`")
endif()
set(GULO_TORCH_LIB_DIR ${torch_dir}/lib)

# A wheel with the old std::string could not be linked with what g++ makes by default.
file(STRINGS ${GULO_TORCH_LIB_DIR}/libc10.so cxx11_names REGEX "cxx11" LIMIT_COUNT 1)
if(NOT cxx11_names)
  message(FATAL_ERROR "torch ${GULO_TORCH_VERSION} in ${torch_dir} was built with _GLIBCXX_USE_CXX11_ABI=0: use a newer wheel")
endif()

# The wheel brings headers of an fmt of its own, which the system's library does not fit; without a library every source would
# compile all of fmt, which takes longer than all else in it. So the system's headers are found first, through a link.
get_target_property(fmt_include_dir fmt::fmt INTERFACE_INCLUDE_DIRECTORIES)
file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/fmt_of_the_system)
file(CREATE_LINK ${fmt_include_dir}/fmt ${CMAKE_BINARY_DIR}/fmt_of_the_system/fmt SYMBOLIC)

add_library(gulo::torch INTERFACE IMPORTED GLOBAL)
target_include_directories(gulo::torch INTERFACE ${CMAKE_BINARY_DIR}/fmt_of_the_system)
target_include_directories(gulo::torch INTERFACE ${torch_dir}/include ${torch_dir}/include/torch/csrc/api/include)
target_link_libraries(gulo::torch INTERFACE ${GULO_TORCH_LIB_DIR}/libtorch_cpu.so ${GULO_TORCH_LIB_DIR}/libc10.so)
# at::parallel_for is a template that runs in one thread where the compiler has no OpenMP; the library is the wheel's.
target_compile_options(gulo::torch INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fopenmp>)
# RPATH, not RUNPATH: it also serves the libraries that libtorch loads in its turn.
target_link_options(gulo::torch INTERFACE -Wl,-rpath,${GULO_TORCH_LIB_DIR} -Wl,--disable-new-dtags)

# The wheel's own libgomp by its path, before the compiler's can be found: one OpenMP runtime in the process.
file(GLOB wheel_gomp ${GULO_TORCH_LIB_DIR}/libgomp*.so* ${torch_dir}/../torch.libs/libgomp*.so*)
if(wheel_gomp)
  list(GET wheel_gomp 0 wheel_gomp)
  target_link_libraries(gulo::torch INTERFACE ${wheel_gomp})
endif()

# CUDA builds: no symbol of libtorch_cuda is called by name, it registers itself when it is loaded, so the linker must not
# drop it. Its headers, and the libraries that it was linked with, are in the nvidia wheels beside torch.
set(GULO_TORCH_HAS_CUDA OFF)
if(EXISTS ${GULO_TORCH_LIB_DIR}/libtorch_cuda.so)
  set(GULO_TORCH_HAS_CUDA ON)
  file(GLOB cuda_include_dirs ${torch_dir}/../nvidia/*/include)
  file(GLOB cuda_lib_dirs ${torch_dir}/../nvidia/*/lib)
  file(GLOB GULO_TORCH_CUDART ${torch_dir}/../nvidia/*/lib/libcudart.so.* ${GULO_TORCH_LIB_DIR}/libcudart*.so*)
  # What those headers include and torch's own wheels do not hold: crt/ (needed by c10/cuda) comes along with triton, nv/
  # (needed by ATen/cuda) with a CUDA toolkit or the wheel nvidia-cuda-cccl.
  set(toolkit_include_dirs $ENV{CUDA_HOME}/include /usr/local/cuda/include)
  find_path(GULO_CUDA_CRT_DIR crt/host_defines.h NO_DEFAULT_PATH
            PATHS ${cuda_include_dirs} ${torch_dir}/../triton/backends/nvidia/include ${toolkit_include_dirs})
  find_path(GULO_CUDA_NV_DIR nv/target NO_DEFAULT_PATH PATHS ${cuda_include_dirs} ${toolkit_include_dirs}
            PATH_SUFFIXES cccl)
  foreach(dir ${cuda_include_dirs} ${GULO_CUDA_CRT_DIR} ${GULO_CUDA_NV_DIR})
    if(dir)
      target_include_directories(gulo::torch INTERFACE ${dir})
    endif()
  endforeach()
  if(NOT GULO_CUDA_CRT_DIR OR NOT GULO_CUDA_NV_DIR)
    message(STATUS "no CUDA toolkit: sources that include <ATen/cuda/...> do not compile here")
  endif()
  target_link_libraries(
    gulo::torch INTERFACE -Wl,--push-state,--no-as-needed ${GULO_TORCH_LIB_DIR}/libtorch_cuda.so
                          ${GULO_TORCH_LIB_DIR}/libc10_cuda.so -Wl,--pop-state)
  foreach(dir ${cuda_lib_dirs})
    target_link_options(gulo::torch INTERFACE -Wl,-rpath,${dir} -Wl,-rpath-link,${dir})
  endforeach()
endif()
message(STATUS "torch ${GULO_TORCH_VERSION} in ${torch_dir}, CUDA: ${GULO_TORCH_HAS_CUDA}")
