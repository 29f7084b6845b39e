using System.Diagnostics.CodeAnalysis;

namespace Grpc.Core;

/// <summary>On a generated service base class: where the static method is that binds a service's methods.</summary>
/// <param name="bindType">The type with the method.</param>
/// <param name="bindMethodName">Its name. It takes a <see cref="ServiceBinderBase"/> and the service.</param>
[AttributeUsage(AttributeTargets.Class, Inherited = true)]
public class BindServiceMethodAttribute([DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.All)] Type bindType, string bindMethodName) : Attribute
{
    /// <summary>The type with the method.</summary>
    [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.All)]
    public Type BindType { get; } = bindType;

    /// <summary>The method's name.</summary>
    public string BindMethodName { get; } = bindMethodName;
}
