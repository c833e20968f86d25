/* The C kernel under autograd without Python: PyTorch calls it as it calls its own functions.
 *
 * Python's autograd.Function and ctypes cost more than the work on a small tensor. This file holds
 * no arithmetic: `swishdemo_bind` hands it the functions of swish.c for one type of elements. A call
 * with what is not plain gets None, and Python's part serves it; so do Python's functions a gradient
 * that is not plain, or is differentiated or compiled.
 */
#include <Python.h>

#include <ATen/EmptyTensor.h>
#include <ATen/Parallel.h>
#include <ATen/PythonTorchFunctionTLS.h>
#include <ATen/core/Tensor.h>
#include <c10/core/impl/LocalDispatchKeySet.h>
#include <torch/csrc/autograd/forward_grad.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/saved_variable.h>
#include <torch/csrc/dynamo/compiled_autograd.h>

#include <exception>
#include <string>
#include <tuple>

/* What is needed of PyTorch's part for Python, written out: its header takes a compiler as long as
 * all the others. node.py looks whether a tensor lies in its object as it does here. */
extern PyObject *THPVariableClass, *ParameterClass;
PyObject* THPVariable_Wrap(const at::TensorBase& tensor);
struct TensorObject { PyObject_HEAD at::Tensor tensor; };
namespace torch { void translate_exception_to_python(const std::exception_ptr&); }

namespace {

using at::Tensor;
using c10::DispatchKey;
using c10::DispatchKeySet;
using torch::autograd::variable_list;

using Forward = void (*)(const void*, const void*, void*, int64_t, int64_t, int64_t, int64_t);
using Backward = int (*)(const void*, const void*, const void*, void*, void*, int64_t, int64_t,
                         int64_t, int64_t);
struct Kernel { Forward forward = nullptr; Backward backward = nullptr; };
Kernel kernels[static_cast<int>(at::ScalarType::NumOptions)];
PyObject *differentiate = nullptr, *as_operator = nullptr;

const Kernel& kernel(const Tensor& x) { return kernels[static_cast<int>(x.scalar_type())]; }

/* As is_plain of functional.py has it: the tensor is its values in memory and no more. */
bool is_plain(const Tensor& t)
{
    static const DispatchKeySet ordinary({DispatchKey::CPU, DispatchKey::AutogradCPU,
                                          DispatchKey::ADInplaceOrView, DispatchKey::AutocastCPU});
    return ordinary.has_all(t.key_set()) && (t.numel() == 0 || t.storage().nbytes() > 0);
}

/* As there: no tracer, no mode and no transform is at work, forward-mode autograd among them. */
bool is_watched()
{
    static const DispatchKeySet usual({DispatchKey::BackendSelect, DispatchKey::ADInplaceOrView});
    return !usual.has_all(c10::impl::tls_local_dispatch_key_set().included_) ||
           torch::autograd::ForwardADLevel::try_get_by_idx(0) ||
           at::impl::PythonTorchFunctionTLS::stack_len() > 0;
}

bool is_served(const Tensor& x, const Tensor& beta)
{
    return is_plain(x) && is_plain(beta) && kernel(x).forward && beta.is_floating_point() &&
           (beta.numel() == 1 ||
            (beta.dim() == 1 && x.dim() > 1 && beta.numel() == x.size(1))) && !is_watched();
}

/* As in memory.py. */
at::MemoryFormat dense_format(const Tensor& x)
{
    if (!x.is_contiguous()) {
        auto last = x.dim() == 5 ? at::MemoryFormat::ChannelsLast3d : at::MemoryFormat::ChannelsLast;
        if ((x.dim() == 4 || x.dim() == 5) && x.is_contiguous(last)) return last;
    }
    return at::MemoryFormat::Contiguous;
}

Tensor as(at::ScalarType type, const Tensor& t)
{
    return t.scalar_type() == type ? t : t.to(type);
}

/* In the type that is computed in. */
Tensor computed(const Tensor& beta, const Tensor& x)
{
    return as(x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat, beta).contiguous();
}

int64_t side_by_side(const Tensor& x, const Tensor& beta)
{
    int64_t count = 1;
    if (beta.numel() > 1 && x.is_contiguous())
        for (int64_t axis = 2; axis < x.dim(); axis++) count *= x.size(axis);
    return count;
}

/* Without the dispatcher, which takes longer than the allocator. */
Tensor empty(const Tensor& like, at::MemoryFormat format)
{
    return at::detail::empty_cpu(like.sizes(), like.scalar_type(), false, format);
}

Tensor forward(const Tensor& given, const Tensor& beta)
{
    at::AutoDispatchBelowADInplaceOrView guard;
    auto format = dense_format(given);
    Tensor x = given.contiguous(format), betas = computed(beta, x), y = empty(x, format);
    kernel(x).forward(x.const_data_ptr(), betas.const_data_ptr(), y.mutable_data_ptr(), x.numel(),
                      betas.numel(), side_by_side(x, betas), at::get_num_threads());
    return y;
}

std::tuple<Tensor, Tensor> backward(const Tensor& g, const Tensor& given, const Tensor& beta)
{
    at::AutoDispatchBelowADInplaceOrView guard;
    auto format = dense_format(given);
    Tensor slopes = g.contiguous(format), x = given.contiguous(format), betas = computed(beta, x);
    Tensor dx = empty(x, format), dbeta = empty(betas, at::MemoryFormat::Contiguous);
    int failed = kernel(x).backward(
        slopes.const_data_ptr(), x.const_data_ptr(), betas.const_data_ptr(), dx.mutable_data_ptr(),
        dbeta.mutable_data_ptr(), x.numel(), betas.numel(), side_by_side(x, betas),
        at::get_num_threads());
    TORCH_CHECK(!failed, "swishdemo: no memory for the gradient of beta");
    return {dx, as(beta.scalar_type(), dbeta)};
}

const Tensor& unwrapped(PyObject* object)
{
    return reinterpret_cast<TensorObject*>(object)->tensor;
}

/* Neither of a subclass, nor no tensor at all. */
bool is_tensor(PyObject* object)
{
    auto type = reinterpret_cast<PyObject*>(Py_TYPE(object));
    return type == THPVariableClass || type == ParameterClass;
}

/* What Python has raised, and has no more. */
std::string raised()
{
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    PyObject* said = value ? PyObject_Str(value) : nullptr;
    const char* text = said ? PyUnicode_AsUTF8(said) : nullptr;
    std::string sentence = text ? text : "an error in Python";
    for (PyObject* each : {type, value, trace, said}) Py_XDECREF(each);
    PyErr_Clear();
    return sentence;
}

std::tuple<Tensor, Tensor> in_python(PyObject* function, const Tensor& g, const Tensor& x,
                                     const Tensor& beta)
{
    struct Gil {
        PyGILState_STATE state = PyGILState_Ensure();
        ~Gil() { PyGILState_Release(state); }
    } gil;
    PyObject* given[] = {THPVariable_Wrap(g), THPVariable_Wrap(x), THPVariable_Wrap(beta)};
    PyObject* both = PyObject_Vectorcall(function, given, 3, nullptr);
    for (PyObject* each : given) Py_XDECREF(each);
    TORCH_CHECK(both, raised());
    std::tuple<Tensor, Tensor> result = {unwrapped(PyTuple_GetItem(both, 0)),
                                         unwrapped(PyTuple_GetItem(both, 1))};
    Py_DECREF(both);
    return result;
}

struct SwishBackward : torch::autograd::Node {
    torch::autograd::SavedVariable x, beta;

    variable_list apply(variable_list&& gradients) override
    {
        const Tensor& g = gradients[0];
        if (!g.defined()) return {Tensor(), Tensor()};
        Tensor given = x.unpack(), betas = beta.unpack();
        bool plain = is_plain(g) && is_served(given, betas) && !at::GradMode::is_enabled();
        return wanted(plain ? backward(g, given, betas)
                            : in_python(differentiate, g, given, betas));
    }

    variable_list wanted(const std::tuple<Tensor, Tensor>& both) const
    {
        const auto& [dx, dbeta] = both;
        return {task_should_compute_output(0) ? dx : Tensor(),
                task_should_compute_output(1) ? dbeta : Tensor()};
    }

    void compiled_args(torch::dynamo::autograd::CompiledNodeArgs& args) const override
    {
        args.collect(x, false);
        args.collect(beta, false);
    }

    variable_list apply_with_saved(const variable_list& gradients,
                                   torch::dynamo::autograd::SwapSavedVariables& saved) override
    {
        saved.before(x);
        saved.before(beta);
        const Tensor& g = gradients[0];  // it may have a shape that is not its own yet
        auto result = g.defined() ? in_python(as_operator, g, x.unpack(), beta.unpack())
                                  : std::tuple<Tensor, Tensor>();
        saved.after(x);
        saved.after(beta);
        return wanted(result);
    }

    std::string name() const override { return "SwishBackward"; }

    void release_variables() override
    {
        x.reset_data();
        beta.reset_data();
    }
};

Tensor swish(const Tensor& x, const Tensor& beta)
{
    if (!torch::autograd::compute_requires_grad(x, beta)) return forward(x, beta);
    auto node = c10::make_intrusive<SwishBackward>();
    node->set_next_edges(torch::autograd::collect_next_edges(x, beta));
    node->x = torch::autograd::SavedVariable(x, false);
    node->beta = torch::autograd::SavedVariable(beta, false);
    Tensor y = forward(x, beta);
    torch::autograd::set_history(y, node);
    return y;
}

/* Swish of x and beta; None where they are not plain, or another watches. */
PyObject* fused(PyObject*, PyObject* const* given, Py_ssize_t count)
{
    if (count != 2 || !is_tensor(given[0]) || !is_tensor(given[1])) Py_RETURN_NONE;
    try {
        const Tensor &x = unwrapped(given[0]), &beta = unwrapped(given[1]);
        if (!is_served(x, beta)) Py_RETURN_NONE;
        struct NoGil {
            PyThreadState* state = PyEval_SaveThread();
            ~NoGil() { PyEval_RestoreThread(state); }
        };
        Tensor y;
        {
            NoGil others_may_run;
            y = swish(x, beta);
        }
        return THPVariable_Wrap(y);
    } catch (...) {
        torch::translate_exception_to_python(std::current_exception());
        return nullptr;
    }
}

PyMethodDef method = {"fused", reinterpret_cast<PyCFunction>(fused), METH_FASTCALL, nullptr};

}  // namespace

extern "C" void swishdemo_bind(int type, void* forward, void* backward)
{
    kernels[type] = {reinterpret_cast<Forward>(forward), reinterpret_cast<Backward>(backward)};
}

/* The function `fused`. Gradients that are not plain are `differentiating`'s, and what compiles
 * backward passes sees `operating`. */
extern "C" PyObject* swishdemo_function(PyObject* differentiating, PyObject* operating)
{
    differentiate = Py_NewRef(differentiating);
    as_operator = Py_NewRef(operating);
    return PyCFunction_New(&method, nullptr);
}

/* Where this file finds the tensor of a Python object. */
extern "C" void* swishdemo_tensor(PyObject* object)
{
    return unwrapped(object).unsafeGetTensorImpl();
}
