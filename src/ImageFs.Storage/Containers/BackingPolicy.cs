namespace ImageFs.Storage.Containers;

/// <summary>Which files an image may name (<c>-o backing=</c>).</summary>
public enum BackingPolicy
{
    /// <summary>Those in its own folder and below.</summary>
    Folder,

    /// <summary>Any regular file.</summary>
    Any,

    /// <summary>Any regular file or block device.</summary>
    Device,
}
