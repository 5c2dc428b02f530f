namespace ImageFs.Storage;

/// <summary>What bytes are that a source itself answers for (<see cref="ExtentKind.Own"/>).</summary>
public enum OwnBytes
{
    /// <summary>They lie among its metadata, or it makes them.</summary>
    Inline,

    /// <summary>What they lie on is missing: they are put together from parity.</summary>
    Rebuilt,

    /// <summary>What they lie on is missing, and nothing else has them: reading them is an error.</summary>
    Missing,

    /// <summary>They are copied, since each read holds them against their checksums.</summary>
    Checked,
}
