/* The C kernel under autograd without Python: PyTorch calls it as it calls its own functions.
 *
 * Python's autograd.Function and ctypes cost more than the work on a small tensor. This file holds
 * no arithmetic: `swishdemo_bind` hands it the functions of swish.c for one type of elements. A
 * second derivative, and whoever has to see an operator (a compiler, a mode, a kind of tensor of its
 * own), gets swishdemo::swish_backward, which is differentiable.
 */
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/ops/empty_like.h>
#include <c10/core/impl/TorchDispatchModeTLS.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/functions/utils.h>
#include <torch/csrc/autograd/saved_variable.h>
#include <torch/csrc/dynamo/compiled_autograd.h>
#include <torch/library.h>

#include <string>
#include <tuple>

namespace {

using at::Tensor;
using torch::autograd::variable_list;

using Forward = void (*)(const void*, const void*, void*, int64_t, int64_t, int64_t, int64_t);
using Backward = int (*)(const void*, const void*, const void*, void*, void*, int64_t, int64_t,
                         int64_t, int64_t);
struct Kernel { Forward forward = nullptr; Backward backward = nullptr; };
Kernel kernels[static_cast<int>(at::ScalarType::NumOptions)];

const Kernel& kernel(const Tensor& x)
{
    const Kernel& found = kernels[static_cast<int>(x.scalar_type())];
    TORCH_CHECK(found.forward, "swishdemo: there is no kernel for ", x.scalar_type());
    return found;
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

Tensor forward(const Tensor& given, const Tensor& beta)
{
    at::AutoDispatchBelowADInplaceOrView guard;
    Tensor x = given.contiguous(dense_format(given)), betas = computed(beta, x), y = at::empty_like(x);
    kernel(x).forward(x.const_data_ptr(), betas.const_data_ptr(), y.mutable_data_ptr(), x.numel(),
                      betas.numel(), side_by_side(x, betas), at::get_num_threads());
    return y;
}

std::tuple<Tensor, Tensor> backward(const Tensor& g, const Tensor& given, const Tensor& beta)
{
    at::AutoDispatchBelowADInplaceOrView guard;
    auto format = dense_format(given);
    Tensor slopes = g.contiguous(format), x = given.contiguous(format), betas = computed(beta, x);
    Tensor dx = at::empty_like(x), dbeta = at::empty_like(betas);
    int failed = kernel(x).backward(
        slopes.const_data_ptr(), x.const_data_ptr(), betas.const_data_ptr(), dx.mutable_data_ptr(),
        dbeta.mutable_data_ptr(), x.numel(), betas.numel(), side_by_side(x, betas),
        at::get_num_threads());
    TORCH_CHECK(!failed, "swishdemo: no memory for the gradient of beta");
    return {dx, as(beta.scalar_type(), dbeta)};
}

std::tuple<Tensor, Tensor> differentiable(const Tensor& g, const Tensor& x, const Tensor& beta)
{
    static auto handle = c10::Dispatcher::singleton()
                             .findSchemaOrThrow("swishdemo::swish_backward", "")
                             .typed<std::tuple<Tensor, Tensor>(const Tensor&, const Tensor&,
                                                               const Tensor&)>();
    return handle.call(g, x, beta);
}

struct SwishBackward : torch::autograd::Node {
    torch::autograd::SavedVariable x, beta;

    variable_list apply(variable_list&& gradients) override
    {
        const Tensor& g = gradients[0];
        if (!g.defined()) return {Tensor(), Tensor()};
        bool seen = at::GradMode::is_enabled() || g.key_set().has(c10::DispatchKey::Python) ||
                    c10::impl::TorchDispatchModeTLS::any_modes_set();
        auto [dx, dbeta] = (seen ? differentiable : backward)(g, x.unpack(), beta.unpack());
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
        auto result = apply(variable_list(gradients));
        saved.after(x);
        saved.after(beta);
        return result;
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

TORCH_LIBRARY_FRAGMENT(swishdemo, library)
{
    library.def("fused(Tensor x, Tensor beta) -> Tensor");
    library.impl("fused", c10::DispatchKey::CompositeImplicitAutograd, swish);
}

}  // namespace

extern "C" void swishdemo_bind(int type, void* forward, void* backward)
{
    kernels[type] = {reinterpret_cast<Forward>(forward), reinterpret_cast<Backward>(backward)};
}
