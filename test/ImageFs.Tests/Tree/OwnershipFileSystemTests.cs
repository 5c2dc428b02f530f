using System.Reflection;
using ImageFs.FileSystems.Discs;
using ImageFs.Tree;

namespace ImageFs.Tests.Tree;

/// <summary>File systems around another: with owners and permissions of the options, and with films.</summary>
public sealed class OwnershipFileSystemTests
{
    [TestCase(typeof(OwnershipFileSystem))]
    [TestCase(typeof(FilmFileSystem))]
    public void Nothing_of_the_file_system_is_left_out(Type around)
    {
        string[] forgotten =
        [
            .. from method in typeof(FileSystem).GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly)
               where method.IsVirtual && !method.IsFinal
               let own = around.GetMethod(method.Name, [.. method.GetParameters().Select(parameter => parameter.ParameterType)])
               where own is null || own.DeclaringType == typeof(FileSystem)
               select method.Name,
        ];
        Assert.That(forgotten, Is.Empty);
    }
}
